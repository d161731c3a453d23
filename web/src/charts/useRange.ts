/** What part of the bars is in view, told when it rests; null while the newest bar is. */
import type { Chart } from "klinecharts";
import { useEffect, useEffectEvent } from "react";
import type { BarRange } from "@/core/chart_contracts";

const REST_MS = 600;

export function rangeOf(chart: Chart): BarRange | null {
  const bars = chart.getDataList();
  const { realFrom, realTo } = chart.getVisibleRange();
  const [first, last] = [bars[Math.max(0, realFrom)], bars[Math.min(bars.length, realTo) - 1]];
  return !first || !last || realTo >= bars.length ? null : { from_ms: first.timestamp, to_ms: last.timestamp };
}

export function useRange(chart: Chart, onRange: (range: BarRange | null) => void): void {
  const told = useEffectEvent(onRange);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const moved = () => {
      clearTimeout(timer);
      timer = setTimeout(() => told(rangeOf(chart)), REST_MS);
    };
    chart.subscribeAction("onVisibleRangeChange", moved);
    return () => {
      clearTimeout(timer);
      chart.unsubscribeAction("onVisibleRangeChange", moved);
    };
  }, [chart]);
}
