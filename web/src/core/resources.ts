/** What was asked of the desk, shared by everyone who shows it, and how fresh it is. */
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { type Problem, problemOf } from "@/core/problems";

/** The four states of a panel. `stale`: the last good answer, and why there is no newer one. */
export type Resource<Value> =
  | { readonly kind: "loading" }
  | { readonly kind: "error"; readonly problem: Problem }
  | { readonly kind: "ready"; readonly value: Value }
  | { readonly kind: "stale"; readonly value: Value; readonly problem: Problem };

const LOADING = { kind: "loading" } as const;

interface Slot {
  resource: Resource<unknown>;
  /** When the desk last answered, by this page's clock. */
  answeredAtMs: number | null;
  readonly listeners: Set<() => void>;
  pending: Promise<void> | null;
  load: () => Promise<unknown>;
}

export class Resources {
  readonly #slots = new Map<string, Slot>();

  /** What is known now. */
  peek(key: string): Resource<unknown> {
    return this.#slots.get(key)?.resource ?? LOADING;
  }

  /** When its value was last answered, by this page's clock; null while it never was. */
  answeredAtMs(key: string): number | null {
    return this.#slots.get(key)?.answeredAtMs ?? null;
  }

  /** Loads if nobody does already; the outcome is published, never thrown. */
  load(key: string, load: () => Promise<unknown>): Promise<void> {
    const slot = this.#slot(key, load);
    slot.load = load;
    slot.pending ??= load()
      .then((value) => {
        slot.answeredAtMs = Date.now();
        this.#publish(slot, { kind: "ready", value });
      })
      .catch((thrown: unknown) => this.#fail(slot, problemOf(thrown)))
      .finally(() => (slot.pending = null));
    return slot.pending;
  }

  /** Loads again whatever is shown and whose key starts so. */
  refresh(prefix: string): void {
    for (const [key, slot] of this.#slots) if (key.startsWith(prefix) && slot.listeners.size > 0) void this.load(key, slot.load);
  }

  subscribe(key: string, load: () => Promise<unknown>, listener: () => void): () => void {
    const slot = this.#slot(key, load);
    slot.listeners.add(listener);
    return () => slot.listeners.delete(listener);
  }

  /** Forgets everything: another user may sign in. */
  clear(): void {
    this.#slots.clear();
  }

  #slot(key: string, load: () => Promise<unknown>): Slot {
    const known = this.#slots.get(key);
    if (known) return known;
    const made: Slot = { resource: LOADING, answeredAtMs: null, listeners: new Set(), pending: null, load };
    this.#slots.set(key, made);
    return made;
  }

  #fail(slot: Slot, problem: Problem): void {
    const { resource } = slot;
    const had = resource.kind === "ready" || resource.kind === "stale";
    this.#publish(slot, had ? { kind: "stale", value: resource.value, problem } : { kind: "error", problem });
  }

  #publish(slot: Slot, resource: Resource<unknown>): void {
    slot.resource = resource;
    for (const listener of [...slot.listeners]) listener();
  }
}

/** The value of a resource that has one. */
export const valueOf = <Value>(resource: Resource<Value>): Value | null =>
  resource.kind === "ready" || resource.kind === "stale" ? resource.value : null;

export const problemIn = (resource: Resource<unknown>): Problem | null =>
  resource.kind === "error" || resource.kind === "stale" ? resource.problem : null;

/** A resource, loaded when first shown and again every `everyMs` while the page is visible. `load` must be stable. */
export function useResource<Value>(resources: Resources, key: string, load: () => Promise<Value>, everyMs?: number) {
  const subscribe = useCallback((listener: () => void) => resources.subscribe(key, load, listener), [resources, key, load]);
  const resource = useSyncExternalStore(subscribe, () => resources.peek(key)) as Resource<Value>;
  const reload = useCallback(() => resources.load(key, load), [resources, key, load]);
  useEffect(() => {
    void reload();
    if (!everyMs) return undefined;
    const timer = setInterval(() => document.hidden || void reload(), everyMs);
    const onVisible = () => document.hidden || void reload();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [reload, everyMs]);
  return { resource, reload };
}
