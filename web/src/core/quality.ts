/** Refused prices and stored history, as calls and as what the page shows. */
import { useCallback } from "react";
import * as contracts from "@/core/quality_contracts";
import { useResource } from "@/core/resources";
import { useServices } from "@/core/services";
import type { SessionKeeper } from "@/core/session";

export const QUALITY_EVERY_MS = 5_000;
export const COVERAGE_EVERY_MS = 10_000;
const ROWS = "100";
const SAMPLES = "40";

export interface QualityFilter {
  readonly venue: string;
  readonly cause: string;
  /** Only what was refused in the window or isn't good now. */
  readonly onlyRefused: boolean;
}

export class QualityDesk {
  readonly #session: SessionKeeper;

  constructor(session: SessionKeeper) {
    this.#session = session;
  }

  markets({ venue, cause, onlyRefused }: QualityFilter): Promise<contracts.MarketQualityPage> {
    const query = { venue: venue || undefined, cause: cause || undefined, refused: onlyRefused ? "true" : undefined, limit: ROWS };
    return this.#session.send({ path: "/market-quality", query, answer: contracts.market_quality_page });
  }

  refused(market: string): Promise<readonly contracts.RefusedPrice[]> {
    return this.#session.send({ path: "/market-quality/refused", query: { market, limit: SAMPLES }, answer: contracts.refused_list }).then(({ items }) => items);
  }

  coverage(venue: string, state: string): Promise<contracts.CoveragePage> {
    return this.#session.send({ path: "/candle-coverage", query: { venue: venue || undefined, state: state || undefined, limit: ROWS }, answer: contracts.coverage_page });
  }

  /** Has the history of a market fetched and kept whole; from its listing if no day is named. */
  ask(series: string, from?: string): Promise<contracts.Coverage> {
    return this.#session.send({ method: "POST", path: "/candle-coverage", body: { series, ...(from ? { from } : {}) }, answer: contracts.coverage });
  }
}

const made = new WeakMap<SessionKeeper, QualityDesk>();

/** Not among the services: only pages that show it load it. */
export function useQualityDesk(): QualityDesk {
  const { session } = useServices();
  const known = made.get(session) ?? new QualityDesk(session);
  made.set(session, known);
  return known;
}

export function useMarketQuality(filter: QualityFilter) {
  const quality = useQualityDesk();
  const { resources } = useServices();
  const { venue, cause, onlyRefused } = filter;
  const load = useCallback(() => quality.markets({ venue, cause, onlyRefused }), [quality, venue, cause, onlyRefused]);
  return useResource(resources, `market-quality/${venue}/${cause}/${onlyRefused}`, load, QUALITY_EVERY_MS);
}

export function useRefused(market: string) {
  const quality = useQualityDesk();
  const { resources } = useServices();
  const load = useCallback(() => quality.refused(market), [quality, market]);
  return useResource(resources, `market-quality/refused/${market}`, load, QUALITY_EVERY_MS);
}

export function useCoverage(venue: string, state: string) {
  const quality = useQualityDesk();
  const { resources } = useServices();
  const load = useCallback(() => quality.coverage(venue, state), [quality, venue, state]);
  return useResource(resources, `candle-coverage/${venue}/${state}`, load, COVERAGE_EVERY_MS);
}
