/** Bars of one series on KLineChart: history as one scrolls to it, the newest as it forms. */
import { useComputedColorScheme } from "@mantine/core";
import { type Chart, type DataLoader, dispose, init, type KLineData, type Period } from "klinecharts";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { placesOf } from "@/charts/barFigures";
import { chartStyles } from "@/charts/chartStyles";
import { correct } from "@/charts/correct";
import { Legend, type LegendStyle, writeLegend } from "@/charts/Legend";
import { followsCalendar, isPortfolioSeries, type Page, timed } from "@/core/candles";
import type { BarRange } from "@/core/chart_contracts";
import type { Bar } from "@/core/contracts";
import { ownSeries } from "@/core/datafeed/own_series";
import type { BarSeries } from "@/core/datafeed/series";
import { useDisplay } from "@/core/display";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { instantText } from "@/shared/instants";
import { Empty, Failure, TableSkeleton } from "@/shared/Panel";
import styles from "./CandleChart.module.css";

const UNITS: Readonly<Record<string, Period["type"]>> = { m: "minute", h: "hour", d: "day", w: "week", M: "month" };
const periodOf = (resolution: string): Period => ({ type: UNITS[resolution.slice(-1)] ?? "minute", span: Number.parseInt(resolution, 10) });

const RETRY_MS = 3_000;

type Outcome = { readonly kind: "loading" | "empty" | "drawn" } | { readonly kind: "error"; readonly problem: Problem };

const barOf = ({ timestamp, open, high, low, close, volume }: KLineData): Bar => [timestamp, open, high, low, close, volume ?? 0];

/** Feeds a chart from one series whose newest page is known; after `stop` nothing late reaches it. */
export function loaderOf(series: BarSeries, newest: Page, drawn: () => KLineData[], onBars: (isCorrected: boolean) => void): { readonly loader: DataLoader; readonly stop: () => void } {
  let isStopped = false;
  let stopFollowing: () => void = () => undefined;
  const older = async (before: number | null): Promise<readonly Bar[]> => {
    for (;;) {
      try {
        return before === null ? [] : (await series.page(before)).bars;
      } catch {
        if (isStopped) return [];
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  };
  const loader: DataLoader = {
    getBars: async ({ type, timestamp, callback }) => {
      if (type === "init") callback(newest.bars.map(timed), { forward: newest.bars.length > 0, backward: false });
      else {
        const bars = type === "forward" ? await older(timestamp) : [];
        if (!isStopped) callback(bars.map(timed), { forward: bars.length > 0, backward: false });
      }
      onBars(false);
    },
    subscribeBar: ({ callback }) => {
      stopFollowing();
      stopFollowing = series.follow(newest.bars.at(-1)?.[0] ?? null, (bars) => {
        let isCorrected = false;
        for (const bar of bars.map(timed)) {
          const isOlder = correct(drawn(), bar);
          const last = isOlder ? drawn().at(-1) : bar;
          if (last) callback(last); // the chart draws itself anew for its last bar only
          isCorrected ||= isOlder;
        }
        onBars(isCorrected);
      });
    },
    unsubscribeBar: () => stopFollowing(),
  };
  const stop = () => {
    isStopped = true;
    stopFollowing();
  };
  return { loader, stop };
}

/** Works out the text of the same instant once: the bar that forms is written again and again. */
function remembered(write: (atMs: number) => string): (atMs: number) => string {
  let [lastMs, text] = [Number.NaN, ""];
  return (atMs) => {
    if (atMs !== lastMs) text = write(atMs);
    lastMs = atMs;
    return text;
  };
}

/** Writes the legend at most once a frame. */
function legendWriter(chart: Chart, element: HTMLElement, style: () => LegendStyle) {
  let bar: Bar | null = null;
  let isAsked = false;
  let isOver = false;
  const write = () => {
    isAsked = false;
    const newest = chart.getDataList().at(-1);
    if (!isOver) writeLegend(element, bar ?? (newest ? barOf(newest) : null), style());
  };
  const ask = () => {
    if (!isAsked) requestAnimationFrame(write);
    isAsked = true;
  };
  const onCrosshair = (crosshair?: unknown) => {
    const { kLineData, paneId } = (crosshair ?? {}) as { kLineData?: KLineData; paneId?: string };
    bar = kLineData && paneId ? barOf(kLineData) : null;
    ask();
  };
  chart.subscribeAction("onCrosshairChange", onCrosshair);
  return { ask, stop: () => (isOver = true) };
}

/** So many pages are read at once where a range reaches back. */
const PAGES_MOST = 20;

/** The newest page, with those before it that the range reaches back to. */
async function pagesFor(series: BarSeries, range: BarRange | null): Promise<Page> {
  const { bars, base } = await series.page();
  const all = [...bars];
  for (let count = 1; range && count < PAGES_MOST && all[0] && all[0][0] > range.from_ms; count += 1) {
    const older = await series.page(all[0][0]);
    if (older.bars.length === 0) break;
    all.unshift(...older.bars);
  }
  return { bars: all, base };
}

/** Shows a range of bars that are there. */
function showRange(chart: Chart, { from_ms, to_ms }: BarRange): void {
  const width = chart.getSize("candle_pane", "main")?.width ?? 0;
  const bars = chart.getDataList();
  const count = bars.filter(({ timestamp }) => timestamp >= from_ms && timestamp <= to_ms).length;
  if (count < 2 || width === 0) return;
  chart.setBarSpace(Math.max(1, width / count));
  chart.scrollToTimestamp(to_ms);
}

/** Give it a `key` of series and resolution: a chart shows one of each. */
interface CandleChartProps {
  readonly series: string;
  readonly resolution: string;
  /** Whose midnights days, weeks and months begin at. */
  readonly daysOf?: string;
  /** What part of the bars is shown at first. */
  readonly range?: BarRange | null;
  /** Told what prices are in, once it is known. */
  readonly onBase?: (base: string) => void;
  readonly isStale?: boolean;
  readonly label: string;
  /** What is put on the drawn chart; with it the chart takes keys. */
  readonly children?: (drawn: DrawnChart) => ReactNode;
}

/** A chart with its bars, for what is put on it. */
export interface DrawnChart {
  readonly chart: Chart;
  /** Changes when everything must be drawn anew. */
  readonly look: string;
  /** Calls whenever bars came or changed, and says whether one was corrected that had closed long ago, until what is returned is called. */
  readonly followBars: (listener: (isCorrected: boolean) => void) => () => void;
}

const KEYED = { role: "application", tabIndex: 0, "aria-roledescription": "chart", "aria-keyshortcuts": "ArrowLeft ArrowRight ArrowUp ArrowDown + -" } as const;

export default function CandleChart({ series, resolution, daysOf = "UTC", range = null, onBase, isStale = false, label, children }: CandleChartProps) {
  const { desk, live, preferences } = useServices();
  const { swapped } = useStore(preferences.store);
  const { masked, zone: userZone, locale } = useDisplay();
  const scheme = useComputedColorScheme("dark");
  const frame = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<Chart | null>(null);
  const [outcome, setOutcome] = useState<Outcome>({ kind: "loading" });
  const [attempt, setAttempt] = useState(0);
  const isPrivate = isPortfolioSeries(series);
  const zone = followsCalendar(resolution) ? daysOf : userZone;
  const firstRange = useRef(range);
  const [followers] = useState(() => new Set<(isCorrected: boolean) => void>());
  const followBars = useCallback(
    (listener: (isCorrected: boolean) => void) => {
      followers.add(listener);
      return () => void followers.delete(listener);
    },
    [followers],
  );
  const style = useMemo<LegendStyle>(
    () => ({ isMasked: masked && isPrivate, locale, hasVolume: !isPrivate, instant: remembered((atMs) => `${instantText(new Date(atMs).toISOString(), zone).slice(0, 16)} ${zone}`) }),
    [masked, isPrivate, locale, zone],
  );
  const styleNow = useRef(style);
  const writer = useRef<ReturnType<typeof legendWriter> | null>(null);

  useEffect(() => {
    const element = frame.current;
    const made = element && init(element, { hotkey: { enabled: false } });
    if (!made) return undefined;
    for (const inner of element.children) if (inner instanceof HTMLElement) inner.tabIndex = -1; // it takes no keys
    if (legend.current) writer.current = legendWriter(made, legend.current, () => styleNow.current);
    setChart(made);
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      writer.current?.stop();
      dispose(element);
      setChart(null);
    };
  }, []);

  useEffect(() => {
    chart?.setStyles(chartStyles(masked && isPrivate));
  }, [chart, scheme, swapped, masked, isPrivate]);

  useEffect(() => {
    styleNow.current = style;
    chart?.setTimezone(zone);
    writer.current?.ask();
  }, [chart, style, zone]);

  useEffect(() => chart?.setStyles({ candle: { type: isPrivate ? "area" : "candle_solid" } }), [chart, isPrivate]);

  useEffect(() => {
    if (!chart) return undefined;
    const candles = ownSeries(desk, live, { series, resolution, zone: daysOf });
    let stop: (() => void) | null = () => undefined;
    const start = (newest: Page) => {
      if (!stop) return;
      const feed = loaderOf(candles, newest, () => chart.getDataList(), (isCorrected) => {
        writer.current?.ask();
        for (const listener of followers) listener(isCorrected);
        const kind = chart.getDataList().length > 0 ? "drawn" : "empty";
        setOutcome((known) => (known.kind === kind ? known : { kind })); // the page is not drawn anew with every tick
      });
      stop = feed.stop;
      onBase?.(newest.base);
      chart.setSymbol({ ticker: series, pricePrecision: placesOf(newest.bars.at(-1)?.[4] ?? 0), volumePrecision: 2 });
      chart.setPeriod(periodOf(resolution));
      chart.setDataLoader(feed.loader); // last: each of the three loads what the others are set to
      if (firstRange.current) showRange(chart, firstRange.current);
    };
    pagesFor(candles, firstRange.current).then(start, (thrown: unknown) => stop && setOutcome({ kind: "error", problem: problemOf(thrown) }));
    return () => {
      stop?.();
      stop = null;
    };
  }, [chart, desk, live, series, resolution, daysOf, attempt, onBase, followers]);

  const retry = () => {
    setOutcome({ kind: "loading" });
    setAttempt(attempt + 1);
  };
  return (
    <div className={`${styles["chart"]} ${isStale ? styles["stale"] : ""}`} data-testid="chart" data-outcome={outcome.kind}>
      <Legend ref={legend} />
      <div ref={frame} className={styles["frame"]} aria-label={label} {...(children ? KEYED : { role: "img" })} />
      {children && chart && outcome.kind === "drawn" && children({ chart, look: `${scheme} ${swapped}`, followBars })}
      {outcome.kind !== "drawn" && (
        <div className={styles["cover"]}>
          {outcome.kind === "loading" && <TableSkeleton rows={8} columns={6} />}
          {outcome.kind === "empty" && <Empty title="No bars yet">The first one shows here as soon as this series has a value.</Empty>}
          {outcome.kind === "error" && <Failure fault={outcome.problem} title="The bars could not be read" onRetry={retry} />}
        </div>
      )}
    </div>
  );
}
