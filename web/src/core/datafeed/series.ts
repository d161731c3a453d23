/** Bars of one series for a chart: history by pages, the newest pushed, no gap between the two. */
import { Follower, type Page } from "@/core/candles";
import type { Bar } from "@/core/contracts";
import type { CandleNews } from "@/core/live/messages";

/** Where stored bars are read; oldest first, instants in milliseconds since 1970. */
export interface History {
  /** The newest `count` bars that begin before an instant; the newest of all without one. */
  before(series: string, resolution: string, count: number, untilMs?: number): Promise<Page>;
  /** Every bar from the one that begins at `fromMs` on. */
  since(series: string, resolution: string, fromMs: number, signal: AbortSignal): Promise<readonly Bar[]>;
}

/** Where bars are heard as they form: the newest first of all, then every change. */
export type HearBars = (series: string, resolution: string, onNews: (news: CandleNews) => void) => () => void;

/** What a chart is fed from: the loader of our own asks for pages and follows from the newest bar on. */
export interface BarSeries {
  page(before?: number): Promise<Page>;
  follow(lastAtMs: number | null, onBars: (bars: readonly Bar[]) => void): () => void;
}

const PAGE_BARS = 500;

/** A series in one of the desk's resolutions (`15m`). */
export class FedSeries implements BarSeries {
  readonly #history: History;
  readonly #hear: HearBars;
  readonly #series: string;
  readonly #resolution: string;

  constructor(history: History, hear: HearBars, series: string, resolution: string) {
    this.#history = history;
    this.#hear = hear;
    this.#series = series;
    this.#resolution = resolution;
  }

  page(before?: number): Promise<Page> {
    return this.#history.before(this.#series, this.#resolution, PAGE_BARS, before);
  }

  /**
   * Hands on every bar from the last known one on. After each (re)connection the bars since then are read before what is
   * pushed goes on, so nothing is left out; a bar that was handed on may come again, corrected.
   */
  follow(lastAtMs: number | null, onBars: (bars: readonly Bar[]) => void): () => void {
    const since = (from: number, signal: AbortSignal) => this.#history.since(this.#series, this.#resolution, from, signal);
    const follower = new Follower(since, lastAtMs, onBars);
    const stop = this.#hear(this.#series, this.#resolution, (news) => follower.pushed(news));
    return () => {
      stop();
      follower.stop();
    };
  }
}
