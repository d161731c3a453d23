/** Rule sets, replays and strategies, as typed calls and as what pages show. */
import { useCallback, useEffect, useMemo, useState } from "react";
import * as z from "zod/mini";
import * as replays from "@/core/replay_contracts";
import { useResource } from "@/core/resources";
import * as contracts from "@/core/rules_contracts";
import { useServices } from "@/core/services";
import type { SessionKeeper } from "@/core/session";
import { useStore } from "@/core/stores";

export interface ReplayTerms {
  /** RFC 3339. */
  readonly from: string;
  readonly to: string;
  readonly resolution: string;
  readonly balances: "portfolio" | readonly { readonly asset: string; readonly amount: string }[];
  readonly fee_ratio: string;
  readonly slippage_ratio: string;
}

export interface TemplateChoice {
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What is replayed: rule sets as they are written, or a template. */
export type ReplaySubject = { readonly rule_sets: readonly contracts.Written[] } | { readonly template: TemplateChoice };

export interface SweepWish extends TemplateChoice {
  readonly grid: Readonly<Record<string, readonly string[]>>;
  readonly sort: string;
}

const LIST_EVERY_MS = 10_000;
const FIRINGS_EVERY_MS = 5_000;
const CHAIN_EVERY_MS = 2_000;
const SHADOW_EVERY_MS = 60_000;

const of = (ruleSetId: string): string => `/rule-sets/${encodeURIComponent(ruleSetId)}`;

export class Rules {
  readonly #session: SessionKeeper;

  constructor(session: SessionKeeper) {
    this.#session = session;
  }

  list(): Promise<readonly contracts.RuleSet[]> {
    return this.#session.send({ path: "/rule-sets", answer: contracts.rule_sets }).then(({ items }) => items);
  }

  get(ruleSetId: string): Promise<contracts.RuleSet> {
    return this.#session.send({ path: of(ruleSetId), answer: contracts.rule_set });
  }

  check(definition: contracts.Definition, signal: AbortSignal): Promise<z.infer<typeof contracts.checked>> {
    return this.#session.send({ method: "POST", path: "/rule-sets/check", body: definition, answer: contracts.checked, signal });
  }

  create(wanted: contracts.Written): Promise<contracts.RuleSet> {
    return this.#session.send({ method: "POST", path: "/rule-sets", body: wanted, answer: contracts.rule_set });
  }

  edit(ruleSetId: string, version: number, wanted: contracts.Written): Promise<contracts.RuleSet> {
    return this.#session.send({ method: "PUT", path: of(ruleSetId), body: { ...wanted, version }, answer: contracts.rule_set });
  }

  async remove(ruleSetId: string): Promise<void> {
    await this.#session.send({ method: "DELETE", path: of(ruleSetId), answer: z.unknown() });
  }

  setMode({ rule_set_id, version }: contracts.RuleSet, mode: contracts.Mode, confirmation?: string): Promise<contracts.RuleSet> {
    const body = { mode, version, ...(confirmation ? { confirmation } : {}) };
    return this.#session.send({ method: "POST", path: `${of(rule_set_id)}/mode`, body, answer: contracts.rule_set });
  }

  /** Goes live with the person's consent to this version's actions. */
  async goLive(ruleSet: contracts.RuleSet): Promise<contracts.RuleSet> {
    if (!ruleSet.is_dangerous) return this.setMode(ruleSet, "live");
    const path = `${of(ruleSet.rule_set_id)}/confirmation`;
    const { confirmation } = await this.#session.send({ method: "POST", path, body: { version: ruleSet.version }, answer: contracts.confirmation });
    return this.setMode(ruleSet, "live", confirmation);
  }

  preview(actions: readonly contracts.Action[]): Promise<contracts.ActionsPreview> {
    return this.#session.send({ method: "POST", path: "/actions/preview", body: { actions }, answer: contracts.actions_preview });
  }

  firings(ruleSetId?: string): Promise<readonly contracts.Firing[]> {
    const path = ruleSetId ? `${of(ruleSetId)}/firings` : "/rule-sets/firings";
    return this.#session.send({ path, answer: contracts.firings }).then(({ items }) => items);
  }

  firing(firingId: string): Promise<contracts.Firing> {
    return this.#session.send({ path: `/rule-sets/firings/${encodeURIComponent(firingId)}`, answer: contracts.firing_shape });
  }

  chain(firingId: string): Promise<contracts.FiringRuns> {
    return this.#session.send({ path: `/actions/firings/${encodeURIComponent(firingId)}`, answer: contracts.firing_runs });
  }

  judged(ruleSetId: string): Promise<readonly contracts.Judged[]> {
    return this.#session.send({ path: `${of(ruleSetId)}/judged`, answer: contracts.judged_list }).then(({ items }) => items);
  }

  shadow(ruleSetId: string): Promise<replays.Shadow> {
    return this.#session.send({ path: `${of(ruleSetId)}/shadow`, answer: replays.shadow });
  }

  templates(): Promise<readonly replays.Template[]> {
    return this.#session.send({ path: "/strategy-templates", answer: replays.templates }).then(({ items }) => items);
  }

  build({ template, parameters }: TemplateChoice): Promise<readonly contracts.Written[]> {
    const path = `/strategy-templates/${encodeURIComponent(template)}/rule-sets`;
    return this.#session.send({ method: "POST", path, body: { parameters }, answer: replays.built }).then(({ rule_sets }) => rule_sets);
  }

  replay(subject: ReplaySubject, terms: ReplayTerms): Promise<replays.Replay> {
    return this.#session.send({ method: "POST", path: "/replays", body: { ...subject, ...terms }, answer: replays.replay });
  }

  sweep(wish: SweepWish, terms: ReplayTerms): Promise<replays.Sweep> {
    return this.#session.send({ method: "POST", path: "/replays/sweeps", body: { ...wish, ...terms }, answer: replays.sweep });
  }
}

export const RULE_SETS_KEY = "rules:list";

/** Made where it is used, so that other pages need not load it. */
export function useRulesDesk(): Rules {
  const { session } = useServices();
  return useMemo(() => new Rules(session), [session]);
}

/** Every rule set in its newest version. */
export function useRuleSets() {
  const rules = useRulesDesk();
  const { resources } = useServices();
  const load = useCallback(() => rules.list(), [rules]);
  return useResource(resources, RULE_SETS_KEY, load, LIST_EVERY_MS);
}

/** One rule set; also one that the list has not heard of. */
export function useRuleSet(ruleSetId: string) {
  const rules = useRulesDesk();
  const { resources } = useServices();
  const load = useCallback(() => rules.get(ruleSetId), [rules, ruleSetId]);
  return useResource(resources, `rules:one:${ruleSetId}`, load, LIST_EVERY_MS);
}

export const firingsKey = (ruleSetId?: string): string => `rules:firings:${ruleSetId ?? ""}`;

export function useFirings(ruleSetId?: string) {
  const rules = useRulesDesk();
  const { resources } = useServices();
  const load = useCallback(() => rules.firings(ruleSetId), [rules, ruleSetId]);
  return useResource(resources, firingsKey(ruleSetId), load, FIRINGS_EVERY_MS);
}

export function useFiring(firingId: string) {
  const rules = useRulesDesk();
  const { resources } = useServices();
  const load = useCallback(() => rules.firing(firingId), [rules, firingId]);
  return useResource(resources, `rules:firing:${firingId}`, load);
}

export const chainKey = (firingId: string): string => `rules:chain:${firingId}`;

/** What a firing did; again and again, for its steps go on. */
export function useChain(firingId: string) {
  const rules = useRulesDesk();
  const { resources } = useServices();
  const load = useCallback(() => rules.chain(firingId), [rules, firingId]);
  return useResource(resources, chainKey(firingId), load, CHAIN_EVERY_MS);
}

export const judgedKey = (ruleSetId: string): string => `rules:judged:${ruleSetId}`;

/** When it came close, and why it fired or did not. */
export function useJudged(ruleSetId: string) {
  const rules = useRulesDesk();
  const { resources } = useServices();
  const load = useCallback(() => rules.judged(ruleSetId), [rules, ruleSetId]);
  return useResource(resources, judgedKey(ruleSetId), load, FIRINGS_EVERY_MS);
}

export const shadowKey = (ruleSetId: string): string => `rules:shadow:${ruleSetId}`;

/** What its run in shadow would have come to; it is replayed for each answer, so it is asked seldom. */
export function useShadow(ruleSetId: string) {
  const rules = useRulesDesk();
  const { resources } = useServices();
  const load = useCallback(() => rules.shadow(ruleSetId), [rules, ruleSetId]);
  return useResource(resources, shadowKey(ruleSetId), load, SHADOW_EVERY_MS);
}

/** Templates of strategies; they change with the desk's version only. */
export function useTemplates() {
  const rules = useRulesDesk();
  const { resources } = useServices();
  const load = useCallback(() => rules.templates(), [rules]);
  return useResource(resources, "strategy-templates", load);
}

/** Watched rule sets as they are now; `isLive` while they are pushed. */
export function useRuleSetStates(): { readonly states: contracts.RuleSetStates | null; readonly isLive: boolean } {
  const { live } = useServices();
  const [states, setStates] = useState<contracts.RuleSetStates | null>(null);
  const isLive = useStore(live.state) === "open";
  useEffect(() => live.listen({ name: "ruleSetStates" }, (update) => setStates(update.states)), [live]);
  return { states, isLive };
}
