/** Bars of the page itself, by its desk and live connection; apart from the rest of the datafeed, which charts need not load. */
import { followsCalendar, isResolution, type Page } from "@/core/candles";
import type { Bar } from "@/core/contracts";
import { polledBars } from "@/core/datafeed/polling";
import { type BarSeries, FedSeries, type HearBars, type History } from "@/core/datafeed/series";
import type { Desk } from "@/core/desk";
import type { Live } from "@/core/live/live";

const CATCH_UP_BARS = 1_000;
/** So many the desk tells at once. */
const BARS_MOST = 5_000;

/** Bars by `/candles`, whose pages of any length follow each other. */
export class DeskHistory implements History {
  readonly #desk: Desk;
  readonly #zone: { readonly zone?: string };

  /** With a zone, days, weeks and months begin at its midnights. */
  constructor(desk: Desk, zone?: string) {
    this.#desk = desk;
    this.#zone = zone === undefined ? {} : { zone };
  }

  async before(series: string, resolution: string, count: number, untilMs?: number): Promise<Page> {
    const range = untilMs === undefined ? {} : { to: untilMs };
    const { items, base } = await this.#desk.candles({ series, resolution, limit: count, ...this.#zone, ...range });
    return { bars: items, base };
  }

  async since(series: string, resolution: string, fromMs: number, signal: AbortSignal): Promise<readonly Bar[]> {
    const bars: Bar[] = [];
    for (let next: number | null = fromMs; next !== null; ) {
      const page = await this.#desk.candles({ series, resolution, from: next, limit: CATCH_UP_BARS, ...this.#zone }, signal);
      bars.push(...page.items);
      next = page.next_from === null ? null : Date.parse(page.next_from);
    }
    return bars;
  }

  /** Every bar that begins within a span, from `fromMs` on until before `to`. */
  async within(series: string, resolution: string, { fromMs, to }: { readonly fromMs: number; readonly to: number }, signal: AbortSignal): Promise<readonly Bar[]> {
    const bars: Bar[] = [];
    for (let next: number | null = fromMs; next !== null && next < to; ) {
      const page = await this.#desk.candles({ series, resolution, from: next, to, limit: BARS_MOST, ...this.#zone }, signal);
      bars.push(...page.items);
      next = page.next_from === null ? null : Date.parse(page.next_from);
    }
    return bars;
  }
}

/** Whether the desk pushes bars of this length; others are asked for. */
export const isPushed = (resolution: string): boolean => isResolution(resolution);

export function hearBarsOf(live: Pick<Live, "listen">): HearBars {
  return (series, resolution, onNews) => live.listen({ name: "candles", series, resolution }, ({ news }) => onNews(news));
}

/** Pushed as they form where the desk pushes them: lengths that have a name, and days of UTC. */
export function ownSeries(desk: Desk, live: Pick<Live, "listen">, { series, resolution, zone }: { readonly series: string; readonly resolution: string; readonly zone: string }): BarSeries {
  const isLocal = followsCalendar(resolution) && zone !== "UTC";
  const history = new DeskHistory(desk, isLocal ? zone : undefined);
  const hear = isPushed(resolution) && !isLocal ? hearBarsOf(live) : polledBars(history);
  return new FedSeries(history, hear, series, resolution);
}
