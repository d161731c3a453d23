/** What is known of a market beside its live prices: its last day by stored bars, its coin's size and rank. */
import type { MarketCap, MarketDay } from "@/core/reference_contracts";
import { marketOf, type Ticker, venueOf } from "@/core/tickers";

export interface Parts {
  readonly venue: string;
  readonly market: string;
  readonly base: string;
  readonly quote: string;
  /** Everything one can search for, lower case. */
  readonly words: string;
}

const parts = new Map<string, Parts>();

/** A series' name taken apart, once: five thousand rows ask for it again and again. */
export function partsOf(series: string): Parts {
  const known = parts.get(series);
  if (known) return known;
  const market = marketOf(series);
  const [base = "", quote = ""] = market.split("/");
  const made = { venue: venueOf(series), market, base, quote, words: series.toLowerCase() };
  parts.set(series, made);
  return made;
}

export interface Filter {
  readonly venue: string;
  readonly quote: string;
  readonly words: readonly string[];
}

export const filterOf = (venue: string | null, quote: string | null, text: string): Filter => ({
  venue: venue ?? "",
  quote: quote ?? "",
  words: text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== ""),
});

export const isOpenFilter = ({ venue, quote, words }: Filter): boolean => venue === "" && quote === "" && words.length === 0;

const IN_PATTERN = /^[a-z0-9$@_-]{1,40}$/;

/** The pattern of the markets that the venue and the quote leave; null where all are to be followed. */
export function patternOf({ venue, quote }: Filter): string | null {
  if (!venue && !quote) return null;
  const [of, against] = [venue, quote.toLowerCase()].map((name) => name || "*") as [string, string];
  return [of, against].every((name) => name === "*" || IN_PATTERN.test(name)) ? `${of}.${against}.*` : null;
}

/** Whether a series is of the venue and the quote, and has every word in its name. */
export function fits(series: string, filter: Filter): boolean {
  const its = partsOf(series);
  return (!filter.venue || its.venue === filter.venue) && (!filter.quote || its.quote === filter.quote) && filter.words.every((word) => its.words.includes(word));
}

/** Holds what is known now for cells that are drawn outside of React. */
export class FactsNow {
  current: Facts;

  constructor(facts: Facts) {
    this.current = facts;
  }

  change(facts: Facts): void {
    this.current = facts;
  }
}

export class Facts {
  readonly #days: ReadonlyMap<string, MarketDay>;
  readonly #caps: ReadonlyMap<string, MarketCap>;

  constructor(days: readonly MarketDay[], caps: readonly MarketCap[]) {
    this.#days = new Map(days.map((day) => [day.series, day]));
    this.#caps = new Map(caps.flatMap((cap) => (cap.asset === null ? [] : [[cap.asset, cap] as const])));
  }

  dayOf(series: string): MarketDay | null {
    return this.#days.get(series) ?? null;
  }

  /** The listing of the market's base; none where it isn't proven which coin that is. */
  capOf(series: string): MarketCap | null {
    return this.#caps.get(partsOf(series).base) ?? null;
  }

  /** In percent against the opening price of the last day, for showing: bars are floats. */
  changeOf({ series, last }: Ticker): number | null {
    const open = this.#days.get(series)?.open ?? 0;
    return last === null || open <= 0 ? null : (Number(last) / open - 1) * 100;
  }

  /** Of the last day, in the quote at the last price, for showing. */
  volumeOf({ series, last }: Ticker): number | null {
    const volume = this.#days.get(series)?.volume;
    return volume === undefined || last === null ? null : volume * Number(last);
  }
}
