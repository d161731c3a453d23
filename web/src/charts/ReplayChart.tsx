/** Bars of a span that is over, with marks where something happened. */
import { useComputedColorScheme } from "@mantine/core";
import { dispose, init } from "klinecharts";
import { useEffect, useRef, useState } from "react";
import { placesOf } from "@/charts/barFigures";
import { chartStyles } from "@/charts/chartStyles";
import { BARS_MAX, fitting } from "@/charts/fitting";
import { type Mark, MARK, placed, registerMarks } from "@/charts/marks";
import type { Bar } from "@/core/contracts";
import { useDisplay } from "@/core/display";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import { Empty, Failure } from "@/shared/Panel";
import styles from "./EquityChart.module.css";

/** Free room right of the last bar, and what the price axis takes. */
const [RIGHT, AXIS] = [6, 74];

interface ReplayChartProps {
  readonly series: string;
  readonly resolution: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly marks: readonly Mark[];
}

/** Give it a `key` of series and span: it reads its bars once. */
export default function ReplayChart({ series, resolution, fromMs, toMs, marks }: ReplayChartProps) {
  const { desk } = useServices();
  const { zone } = useDisplay();
  const scheme = useComputedColorScheme("dark");
  const frame = useRef<HTMLDivElement>(null);
  const [bars, setBars] = useState<readonly Bar[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [name, eachMs] = fitting(resolution, toMs - fromMs);

  useEffect(() => {
    const stop = new AbortController();
    const read = desk.candles({ series, resolution: name, from: fromMs, to: toMs, limit: BARS_MAX }, stop.signal);
    read.then(
      ({ items }) => setBars(items),
      (thrown: unknown) => stop.signal.aborted || setProblem(problemOf(thrown)),
    );
    return () => stop.abort();
  }, [desk, series, name, fromMs, toMs]);

  useEffect(() => {
    const element = frame.current;
    if (!element || !bars || bars.length === 0) return undefined;
    const chart = init(element, { styles: chartStyles(false), timezone: zone });
    if (!chart) return undefined;
    for (const inner of element.children) if (inner instanceof HTMLElement) inner.tabIndex = -1; // it takes no keys
    chart.setSymbol({ ticker: series, pricePrecision: placesOf(bars.at(-1)?.[4] ?? 0), volumePrecision: 2 });
    chart.setPeriod({ type: "minute", span: eachMs / 60_000 });
    chart.setOffsetRightDistance(RIGHT); // the whole span is seen at once
    chart.setBarSpace(Math.max(1, (element.clientWidth - AXIS - RIGHT) / bars.length));
    chart.setDataLoader({
      getBars: ({ callback }) => callback(bars.map(([timestamp, open, high, low, close, volume]) => ({ timestamp, open, high, low, close, volume })), false),
    });
    registerMarks();
    for (const { bar, text } of placed(marks, bars, eachMs)) chart.createOverlay({ name: MARK, lock: true, extendData: text, points: [{ timestamp: bar[0], value: text === "B" ? bar[3] : bar[2] }] });
    return () => dispose(element);
  }, [bars, marks, eachMs, series, zone, scheme]);

  if (problem) return <Failure fault={problem} title="The market's bars could not be read" />;
  if (bars?.length === 0) return <Empty title="No bars of this span">The market has none between these instants.</Empty>;
  return <div ref={frame} className={styles["price"]} role="img" aria-label={`${series}, ${name} bars, with firings (F), purchases (B) and sales (S)`} data-testid="replay-chart" />;
}
