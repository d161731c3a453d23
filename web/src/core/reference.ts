/** Exchange rates, market capitalisations and what bars say of markets' last days, as calls and as what pages show. */
import { useCallback } from "react";
import * as contracts from "@/core/reference_contracts";
import { useResource } from "@/core/resources";
import { useServices } from "@/core/services";
import type { SessionKeeper } from "@/core/session";

const MINUTE_MS = 60_000;
export const SOURCES_EVERY_MS = 15_000;
export const CAPS_EVERY_MS = 30_000;
const RATES_LIMIT = "1000";
const CAPS_LIMIT = "1000";
const DAYS_LIMIT = "1000";

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

/** Every page of a list. */
async function whole<Item>(read: (cursor: string | null) => Promise<Page<Item>>): Promise<readonly Item[]> {
  const found: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await read(cursor);
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

export class Reference {
  readonly #session: SessionKeeper;

  constructor(session: SessionKeeper) {
    this.#session = session;
  }

  fxRates(): Promise<contracts.FxRatePage> {
    return this.#session.send({ path: "/fx-rates", query: { limit: RATES_LIMIT }, answer: contracts.fx_rate_page });
  }

  marketCaps(): Promise<readonly contracts.MarketCap[]> {
    return whole((cursor) => this.#session.send({ path: "/market-caps", query: { limit: CAPS_LIMIT, cursor }, answer: contracts.market_cap_page }));
  }

  marketDays(): Promise<readonly contracts.MarketDay[]> {
    return whole((cursor) => this.#session.send({ path: "/market-days", query: { limit: DAYS_LIMIT, cursor }, answer: contracts.market_day_page }));
  }

  sources(): Promise<contracts.SourceList> {
    return this.#session.send({ path: "/reference-sources", answer: contracts.source_list });
  }

  portfolioCaps(): Promise<contracts.PortfolioCaps> {
    return this.#session.send({ path: "/portfolio/market-caps", answer: contracts.portfolio_caps });
  }
}

const made = new WeakMap<SessionKeeper, Reference>();

/** Not among the services: only pages that show it load it. */
export function useReference(): Reference {
  const { session } = useServices();
  const known = made.get(session) ?? new Reference(session);
  made.set(session, known);
  return known;
}

export function useMarketCaps() {
  const reference = useReference();
  const { resources } = useServices();
  const load = useCallback(() => reference.marketCaps(), [reference]);
  return useResource(resources, "market-caps", load, 10 * MINUTE_MS);
}

export function useMarketDays() {
  const reference = useReference();
  const { resources } = useServices();
  const load = useCallback(() => reference.marketDays(), [reference]);
  return useResource(resources, "market-days", load, MINUTE_MS);
}

export function useFxRates() {
  const reference = useReference();
  const { resources } = useServices();
  const load = useCallback(() => reference.fxRates(), [reference]);
  return useResource(resources, "fx-rates", load, MINUTE_MS);
}

export function useSources() {
  const reference = useReference();
  const { resources } = useServices();
  const load = useCallback(() => reference.sources(), [reference]);
  return useResource(resources, "reference-sources", load, SOURCES_EVERY_MS);
}

export function usePortfolioCaps() {
  const reference = useReference();
  const { resources } = useServices();
  const load = useCallback(() => reference.portfolioCaps(), [reference]);
  return useResource(resources, "portfolio/market-caps", load, CAPS_EVERY_MS);
}
