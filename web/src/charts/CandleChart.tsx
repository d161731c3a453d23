/** Bars of one series on KLineChart: history as one scrolls to it, the newest as it forms. */
import { useComputedColorScheme } from "@mantine/core";
import { type Chart, type DataLoader, dispose, init, type KLineData, type Period } from "klinecharts";
import { useEffect, useMemo, useRef, useState } from "react";
import { placesOf } from "@/charts/barFigures";
import { chartStyles } from "@/charts/chartStyles";
import { correct } from "@/charts/correct";
import { Legend, type LegendStyle, writeLegend } from "@/charts/Legend";
import { registerVolume, VOLUME } from "@/charts/volume";
import { CandleSeries, followsCalendar, isPortfolioSeries, type Page, type Resolution } from "@/core/candles";
import type { Bar } from "@/core/contracts";
import { useDisplay } from "@/core/display";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { instantText } from "@/shared/instants";
import { Empty, Failure, TableSkeleton } from "@/shared/Panel";
import styles from "./CandleChart.module.css";

const PERIODS: Readonly<Record<Resolution, Period>> = {
  "1m": { type: "minute", span: 1 },
  "5m": { type: "minute", span: 5 },
  "15m": { type: "minute", span: 15 },
  "30m": { type: "minute", span: 30 },
  "1h": { type: "hour", span: 1 },
  "4h": { type: "hour", span: 4 },
  "1d": { type: "day", span: 1 },
  "1w": { type: "week", span: 1 },
  "1M": { type: "month", span: 1 },
};

const RETRY_MS = 3_000;

type Outcome = { readonly kind: "loading" | "empty" | "drawn" } | { readonly kind: "error"; readonly problem: Problem };

const dataOf = ([timestamp, open, high, low, close, volume]: Bar): KLineData => ({ timestamp, open, high, low, close, volume });
const barOf = ({ timestamp, open, high, low, close, volume }: KLineData): Bar => [timestamp, open, high, low, close, volume ?? 0];

/** Feeds a chart from one series whose newest page is known; after `stop` nothing late reaches it. */
export function loaderOf(series: CandleSeries, newest: Page, drawn: () => KLineData[], onBars: () => void): { readonly loader: DataLoader; readonly stop: () => void } {
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
      if (type === "init") callback(newest.bars.map(dataOf), { forward: newest.bars.length > 0, backward: false });
      else {
        const bars = type === "forward" ? await older(timestamp) : [];
        if (!isStopped) callback(bars.map(dataOf), { forward: bars.length > 0, backward: false });
      }
      onBars();
    },
    subscribeBar: ({ callback }) => {
      stopFollowing();
      stopFollowing = series.follow(newest.bars.at(-1)?.[0] ?? null, (bars) => {
        for (const bar of bars.map(dataOf)) {
          const last = correct(drawn(), bar) ? drawn().at(-1) : bar;
          if (last) callback(last); // the chart draws itself anew for its last bar only
        }
        onBars();
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

/** Give it a `key` of series and resolution: a chart shows one of each. */
interface CandleChartProps {
  readonly series: string;
  readonly resolution: Resolution;
  /** Told what prices are in, once it is known. */
  readonly onBase?: (base: string) => void;
  readonly isStale?: boolean;
  readonly label: string;
}

export default function CandleChart({ series, resolution, onBase, isStale = false, label }: CandleChartProps) {
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
  const zone = followsCalendar(resolution) ? "UTC" : userZone;
  const style = useMemo<LegendStyle>(
    () => ({ isMasked: masked && isPrivate, locale, hasVolume: !isPrivate, instant: (atMs) => `${instantText(new Date(atMs).toISOString(), zone).slice(0, 16)} ${zone}` }),
    [masked, isPrivate, locale, zone],
  );
  const styleNow = useRef(style);
  const writer = useRef<ReturnType<typeof legendWriter> | null>(null);

  useEffect(() => {
    const element = frame.current;
    const made = element && init(element, { hotkey: { enabled: false } });
    if (!made) return undefined;
    for (const inner of element.children) if (inner instanceof HTMLElement) inner.tabIndex = -1; // it takes no keys
    registerVolume();
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

  useEffect(() => {
    if (!chart) return undefined;
    if (isPrivate) chart.removeIndicator({ name: VOLUME });
    else if (chart.getIndicators({ name: VOLUME }).length === 0) chart.createIndicator(VOLUME);
    chart.setStyles({ candle: { type: isPrivate ? "area" : "candle_solid" } });
    return undefined;
  }, [chart, isPrivate]);

  useEffect(() => {
    if (!chart) return undefined;
    const candles = new CandleSeries(desk, live, series, resolution);
    let stop: (() => void) | null = () => undefined;
    const start = (newest: Page) => {
      if (!stop) return;
      const feed = loaderOf(candles, newest, () => chart.getDataList(), () => {
        writer.current?.ask();
        setOutcome({ kind: chart.getDataList().length > 0 ? "drawn" : "empty" });
      });
      stop = feed.stop;
      onBase?.(newest.base);
      chart.setSymbol({ ticker: series, pricePrecision: placesOf(newest.bars.at(-1)?.[4] ?? 0), volumePrecision: 2 });
      chart.setPeriod(PERIODS[resolution]);
      chart.setDataLoader(feed.loader); // last: each of the three loads what the others are set to
    };
    candles.page().then(start, (thrown: unknown) => stop && setOutcome({ kind: "error", problem: problemOf(thrown) }));
    return () => {
      stop?.();
      stop = null;
    };
  }, [chart, desk, live, series, resolution, attempt, onBase]);

  const retry = () => {
    setOutcome({ kind: "loading" });
    setAttempt(attempt + 1);
  };
  return (
    <div className={`${styles["chart"]} ${isStale ? styles["stale"] : ""}`} data-testid="chart" data-outcome={outcome.kind}>
      <Legend ref={legend} />
      <div ref={frame} className={styles["frame"]} role="img" aria-label={label} />
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
