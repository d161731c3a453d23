/** Functions, formulas and their values at bars, as typed calls; everything is computed by the desk. */
import { useCallback, useMemo } from "react";
import * as z from "zod/mini";
import { instant } from "@/core/contracts";
import { useResource } from "@/core/resources";
import { useServices } from "@/core/services";
import type { SessionKeeper } from "@/core/session";

const parameter = z.object({
  name: z.string(),
  whole: z.boolean(),
  default: z.number(),
  lowest: z.number(),
  highest: z.number(),
  /** Names of the numbers from 0 on. */
  choices: z.array(z.string()),
});
export type IndicatorParameter = z.infer<typeof parameter>;

const indicator = z.object({
  name: z.string(),
  title: z.string(),
  group: z.string(),
  inputs: z.array(z.object({ name: z.string(), field: z.nullable(z.string()) })),
  parameters: z.array(parameter),
  outputs: z.array(z.object({ name: z.string(), style: z.enum(["line", "dashed", "histogram"]) })),
  overlay: z.boolean(),
  pattern: z.boolean(),
});
export type Indicator = z.infer<typeof indicator>;
const indicator_list = z.object({ items: z.array(indicator) });

const formula = z.object({
  name: z.string(),
  version: z.int(),
  text: z.nullable(z.string()),
  parameters: z.array(z.object({ name: z.string(), default: z.string() })),
  made_at: instant,
});
export type Formula = z.infer<typeof formula>;
const formula_list = z.object({ items: z.array(formula) });

const history = z.object({
  starts: z.array(z.int()),
  items: z.array(z.object({ expression: z.string(), text: z.string(), values: z.array(z.nullable(z.number())) })),
});
export type IndicatorHistory = z.infer<typeof history>;

export interface NewFormula {
  readonly text: string;
  readonly parameters: readonly { readonly name: string; readonly default: string }[];
  /** The version that was seen; 0 for a new formula. */
  readonly replaces: number;
}

/** In milliseconds since 1970; `forming` is a bar as the desk reads it. */
export interface HistoryRange {
  readonly series: string;
  readonly resolution: string;
  readonly from: number;
  readonly to?: number;
  readonly forming?: string;
}

export class Indicators {
  readonly #session: SessionKeeper;

  constructor(session: SessionKeeper) {
    this.#session = session;
  }

  functions(): Promise<readonly Indicator[]> {
    return this.#session.send({ path: "/indicators", answer: indicator_list }).then(({ items }) => items);
  }

  formulas(): Promise<readonly Formula[]> {
    return this.#session.send({ path: "/formulas", answer: formula_list }).then(({ items }) => items);
  }

  putFormula(name: string, wanted: NewFormula): Promise<Formula> {
    return this.#session.send({ method: "PUT", path: `/formulas/${encodeURIComponent(name)}`, body: wanted, answer: formula });
  }

  async removeFormula(name: string): Promise<void> {
    await this.#session.send({ method: "DELETE", path: `/formulas/${encodeURIComponent(name)}`, answer: z.unknown() });
  }

  /** Values of expressions at the bars of a series. */
  history(expressions: readonly string[], { from, to, ...range }: HistoryRange, signal?: AbortSignal): Promise<IndicatorHistory> {
    const query = { ...range, expression: expressions, from: from.toString(), to: to?.toString() };
    return this.#session.send({ path: "/indicators/history", query, answer: history, ...(signal ? { signal } : {}) });
  }
}

/** Made where it is used, so that other pages need not load it. */
export function useIndicatorsDesk(): Indicators {
  const { session } = useServices();
  return useMemo(() => new Indicators(session), [session]);
}

/** The catalogue of functions; it changes with the desk's version only. */
export function useFunctions() {
  const indicators = useIndicatorsDesk();
  const { resources } = useServices();
  const load = useCallback(() => indicators.functions(), [indicators]);
  return useResource(resources, "indicators", load);
}

/** The user's own formulas. */
export function useFormulas() {
  const indicators = useIndicatorsDesk();
  const { resources } = useServices();
  const load = useCallback(() => indicators.formulas(), [indicators]);
  return useResource(resources, "formulas", load);
}
