/** Words for causes and states of market data. */
import type { Coverage, MarketQuality } from "@/core/quality_contracts";
import type { FxRate } from "@/core/reference_contracts";
import type { Tone } from "@/shared/Mark";

const CAUSES: Readonly<Record<string, string>> = {
  not_finite: "no number",
  negative: "negative",
  zero: "zero",
  crossed: "bid above ask",
  future: "from the future",
  backwards: "went back in time",
  stale: "too old",
  stuck: "does not move",
  spike: "far from other venues",
  volume: "impossible volume",
};
export const causeText = (cause: string): string => CAUSES[cause] ?? cause.replaceAll("_", " ");
export const CAUSE_NAMES = Object.keys(CAUSES);

export const MARKET_WORDS: Readonly<Record<MarketQuality["state"], { readonly text: string; readonly tone: Tone; readonly why: string }>> = {
  good: { text: "good", tone: "good", why: "Its prices are believed" },
  quarantined: { text: "quarantined", tone: "bad", why: "What it tells now is refused; values use other venues" },
  stale: { text: "silent", tone: "warn", why: "It tells nothing new while other venues do" },
  stuck: { text: "stuck", tone: "warn", why: "It repeats one price while other venues move" },
  apart: { text: "apart", tone: "warn", why: "It is believed, although other venues contradict it" },
};

export const COVERAGE_WORDS: Readonly<Record<Coverage["state"], { readonly text: string; readonly tone: Tone }>> = {
  wanted: { text: "looked up", tone: "plain" },
  filling: { text: "filling", tone: "accent" },
  whole: { text: "whole", tone: "good" },
  broken: { text: "has holes", tone: "warn" },
  refused: { text: "no such market", tone: "bad" },
};

const HOLES: Readonly<Record<string, string>> = {
  missing: "not fetched yet",
  refused: "the venue's bar contradicts itself",
  silent: "the venue left it out",
  disagreement: "another venue's prices are too far off",
  unconfirmed: "no other venue can tell why",
};
export const holeText = (cause: string): string => HOLES[cause] ?? cause;

export const RATE_WORDS: Readonly<Record<FxRate["state"], { readonly text: string; readonly tone: Tone; readonly why: string }>> = {
  agreed: { text: "two agree", tone: "good", why: "Two sources agree within the bound" },
  single: { text: "one source", tone: "plain", why: "Only one source tells it now" },
  differs: { text: "differs", tone: "bad", why: "Two sources don't agree: the last rate they agreed on is used" },
  stale: { text: "old", tone: "warn", why: "No source tells it any more" },
};

const SOURCES: Readonly<Record<string, string>> = {
  openexchangerates: "Open Exchange Rates",
  ecb: "European Central Bank",
  coinmarketcap: "CoinMarketCap, listing",
  "coinmarketcap.highs": "CoinMarketCap, all-time highs",
};
export const sourceText = (source: string): string => SOURCES[source] ?? source;

/** `12.5` basis points as `0.125 %`, signed by nothing: it is a distance. */
export const basisPointsText = (points: string): string => `${(Number(points) / 100).toLocaleString("en", { maximumFractionDigits: 3 })} %`;

export const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
