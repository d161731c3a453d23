/** One clock for every age on the page: it ticks once a second, and only while somebody looks at it. */
import { useSyncExternalStore } from "react";

const EVERY_MS = 1_000;
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function tick(): void {
  nowMs = Date.now();
  for (const each of [...listeners]) each();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    nowMs = Date.now(); // it stood still while nobody looked
    timer = setInterval(tick, EVERY_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Milliseconds since 1970, new every second. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => nowMs);
