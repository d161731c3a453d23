/** Bars of one series: history by pages, the newest pushed, and no gap between the two. */
import type { Bar } from "@/core/contracts";
import type { Desk } from "@/core/desk";
import type { Live } from "@/core/live/live";
import type { CandleNews } from "@/core/live/messages";

export const RESOLUTIONS = ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1M"] as const;
export type Resolution = (typeof RESOLUTIONS)[number];
export const isResolution = (text: string | null): text is Resolution => RESOLUTIONS.some((each) => each === text);
/** Bars of a day and longer follow UTC, here as in what is pushed. */
export const followsCalendar = (resolution: string): boolean => /[dwM]$/.test(resolution);

/** So many minutes, hours, days, weeks or months, whether the length has a name of its own or not. */
export const isLength = (text: string | null): text is string => text !== null && /^[1-9]\d{0,3}[mhdwM]$/.test(text);

/** A bar with names for its parts, as charts take it. */
export const timed = ([timestamp, open, high, low, close, volume]: Bar) => ({ timestamp, open, high, low, close, volume });

export const portfolioSeries = (portfolioId: string): string => `PORTFOLIO:${portfolioId}`;
export const isPortfolioSeries = (series: string): boolean => series.startsWith("PORTFOLIO:");

const PAGE_BARS = 500;
const CATCH_UP_BARS = 1_000;
const RETRY_MS = 3_000;

export interface Page {
  readonly bars: readonly Bar[];
  /** The asset that prices or values are in. */
  readonly base: string;
}

export class CandleSeries {
  readonly #desk: Desk;
  readonly #live: Live;
  readonly #series: string;
  readonly #resolution: Resolution;

  constructor(desk: Desk, live: Live, series: string, resolution: Resolution) {
    this.#desk = desk;
    this.#live = live;
    this.#series = series;
    this.#resolution = resolution;
  }

  /** The newest bars, or the newest before an instant. */
  async page(before?: number): Promise<Page> {
    const range = before === undefined ? {} : { to: before };
    const { items, base } = await this.#desk.candles({ series: this.#series, resolution: this.#resolution, limit: PAGE_BARS, ...range });
    return { bars: items, base };
  }

  /**
   * Hands on every bar from the last known one on: after each (re)connection the bars since then are asked for before
   * what is pushed goes on. A bar that was handed on may come again, corrected. Stops when the returned function is called.
   */
  follow(lastAtMs: number | null, onBars: (bars: readonly Bar[]) => void): () => void {
    const follower = new Follower((from, signal) => this.#since(from, signal), lastAtMs, onBars);
    const topic = { name: "candles", series: this.#series, resolution: this.#resolution } as const;
    const stop = this.#live.listen(topic, ({ news }) => follower.pushed(news));
    return () => {
      stop();
      follower.stop();
    };
  }

  async #since(from: number, signal: AbortSignal): Promise<readonly Bar[]> {
    const bars: Bar[] = [];
    for (let next: number | null = from; next !== null; ) {
      const range = { series: this.#series, resolution: this.#resolution, from: next, limit: CATCH_UP_BARS };
      const page = await this.#desk.candles(range, signal);
      bars.push(...page.items);
      next = page.next_from === null ? null : Date.parse(page.next_from);
    }
    return bars;
  }
}

type ReadSince = (from: number, signal: AbortSignal) => Promise<readonly Bar[]>;

/** Orders pushed bars behind the ones that are asked for after a new connection. */
export class Follower {
  readonly #since: ReadSince;
  readonly #onBars: (bars: readonly Bar[]) => void;
  readonly #stopped = new AbortController();
  #lastAtMs: number | null;
  #held: Bar[] | null = null;

  constructor(since: ReadSince, lastAtMs: number | null, onBars: (bars: readonly Bar[]) => void) {
    this.#since = since;
    this.#lastAtMs = lastAtMs;
    this.#onBars = onBars;
  }

  pushed({ restarted, bars }: CandleNews): void {
    if (this.#held) this.#held.push(...bars);
    else if (restarted && this.#lastAtMs !== null) {
      this.#held = [...bars];
      void this.#catchUp(this.#lastAtMs);
    } else this.#hand(bars);
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #catchUp(from: number): Promise<void> {
    const { signal } = this.#stopped;
    for (;;) {
      try {
        this.#hand(await this.#since(from, signal));
        break;
      } catch {
        if (signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    const held = this.#held ?? [];
    this.#held = null;
    this.#hand(held);
  }

  #hand(bars: readonly Bar[]): void {
    if (this.#stopped.signal.aborted || bars.length === 0) return;
    this.#lastAtMs = Math.max(this.#lastAtMs ?? Number.NEGATIVE_INFINITY, ...bars.map(([at]) => at));
    this.#onBars(bars);
  }
}
