/** Bars counted since 1970, and from which bar on the desk computes a figure (`nightdesk/indicators/eras.py`). */
import { followsCalendar } from "@/core/candles";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Weeks begin on Mondays. */
const FIRST_MONDAY_MS = -3 * DAY_MS;
const MONTHS = 12;
const SPANS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: 60 * MINUTE_MS, d: DAY_MS, w: 7 * DAY_MS };

export const ERA_BARS = 4_096;
export const WARM_UP_BARS = 2_048;

/** Counts bars of one resolution. */
export class BarIndex {
  readonly isCalendar: boolean;
  readonly #spanMs: number | null;
  readonly #originMs: number;

  constructor(resolution: string) {
    const unit = resolution.slice(-1);
    const span = SPANS[unit];
    this.isCalendar = followsCalendar(resolution);
    this.#spanMs = span === undefined ? null : span * Number.parseInt(resolution, 10);
    this.#originMs = unit === "w" ? FIRST_MONDAY_MS : 0;
  }

  /** Which bar begins then. */
  at(startMs: number): number {
    if (this.#spanMs !== null) return Math.floor((startMs - this.#originMs) / this.#spanMs);
    const start = new Date(startMs);
    return (start.getUTCFullYear() - 1970) * MONTHS + start.getUTCMonth();
  }

  /** When a bar begins. */
  startOf(index: number): number {
    return this.#spanMs === null ? Date.UTC(1970, index, 1) : this.#originMs + index * this.#spanMs;
  }

  /** The first bar of a bar's era; days, weeks and months have one era. */
  eraOf(index: number): number {
    return this.isCalendar ? Number.NEGATIVE_INFINITY : index - (((index % ERA_BARS) + ERA_BARS) % ERA_BARS);
  }

  /** The bar from which on a bar's value is computed; what has one era is computed from its very first bar. */
  firstNeeded(index: number): number {
    return this.eraOf(index) - WARM_UP_BARS;
  }

  /** The first bar of the era after a bar's. */
  nextEra(index: number): number {
    return this.isCalendar ? Number.POSITIVE_INFINITY : this.eraOf(index) + ERA_BARS;
  }
}
