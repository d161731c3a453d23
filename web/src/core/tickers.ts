/** The last prices of every market, as the live connection hands them over. */
import type { Live } from "@/core/live/live";
import type { TickerColumns } from "@/core/live/messages";
import type { Decimal } from "@/shared/decimals";

export interface Ticker {
  readonly series: string;
  readonly last: Decimal | null;
  readonly bid: Decimal | null;
  readonly ask: Decimal | null;
  /** In percent of the ask. */
  readonly spread: Decimal | null;
  /** Milliseconds since 1970: the venue's time of it, and when it reached the desk (the venue's time again, if that is not known). */
  readonly atMs: number;
  readonly receivedAtMs: number;
  /** -1, 0 or 1: against the price before. */
  readonly direction: number;
}

const TEXTS = 4;
const textOf = (text: string | undefined): Decimal | null => (text ? (text as Decimal) : null);

export class Tickers {
  readonly #live: Live;
  readonly #rows = new Map<string, Ticker>();
  readonly #listeners = new Set<(changed: readonly Ticker[]) => void>();
  #names: string[] = [];
  #stop: (() => void) | null = null;
  #pattern: string | null = null;

  constructor(live: Live) {
    this.#live = live;
  }

  /** What is known, in the order in which it became known. */
  get rows(): readonly Ticker[] {
    return [...this.#rows.values()];
  }

  /** Follows all markets while anybody listens. */
  follow(listener: (changed: readonly Ticker[]) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#stop) this.#listen();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = null;
    };
  }

  /** Follows only markets of a pattern `<venue>.<quote>.<base>`, or all again; what is known of the others stays. */
  narrow(pattern: string | null): void {
    if (pattern === this.#pattern) return;
    this.#pattern = pattern;
    if (!this.#stop) return;
    this.#stop();
    this.#listen();
  }

  clear(): void {
    this.#rows.clear();
  }

  #listen(): void {
    this.#names = [];
    const topic = { name: "tickers", ...(this.#pattern === null ? {} : { patterns: [this.#pattern] }) } as const;
    this.#stop = this.#live.listen(topic, ({ columns }) => this.#take(columns));
  }

  #take({ added, index, at, receivedAt, direction, texts }: TickerColumns): void {
    this.#names.push(...added);
    const changed: Ticker[] = [];
    index.forEach((number, row) => {
      const series = this.#names[number];
      const last = textOf(texts[row * TEXTS]);
      if (series === undefined) return;
      const [bid, ask, spread] = [textOf(texts[row * TEXTS + 1]), textOf(texts[row * TEXTS + 2]), textOf(texts[row * TEXTS + 3])];
      const [atMs, heardAt] = [at[row] ?? 0, receivedAt[row] ?? 0];
      const ticker = { series, last, bid, ask, spread, atMs, receivedAtMs: heardAt > 0 ? heardAt : atMs, direction: direction[row] ?? 0 };
      this.#rows.set(series, ticker);
      changed.push(ticker);
    });
    for (const listener of [...this.#listeners]) listener(changed);
  }
}

/** The venue of a series, as venues are named elsewhere. */
export const venueOf = (series: string): string => series.split(":", 1)[0]?.toLowerCase() ?? "";
export const marketOf = (series: string): string => series.slice(series.indexOf(":") + 1);
