/** Bars that are asked for again and again, where nothing pushes them. */
import type { HearBars, History } from "@/core/datafeed/series";
import type { Bar } from "@/core/contracts";

export const POLL_MS = 5_000;

/** Hears the newest two bars every few seconds; says so when there were more since the last time, as after a sleep. */
export function polledBars(history: History, everyMs = POLL_MS): HearBars {
  return (series, resolution, onNews) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isStopped = false;
    let newestMs: number | null = null;
    const take = (bars: readonly Bar[]) => {
      const [first] = bars;
      if (isStopped || !first) return;
      onNews({ restarted: newestMs === null || first[0] > newestMs, bars });
      newestMs = bars.at(-1)?.[0] ?? newestMs;
    };
    const round = async () => {
      const bars = await history.before(series, resolution, 2).then((page) => page.bars, () => []); // the next round asks again
      take(bars);
      if (!isStopped) timer = setTimeout(() => void round(), everyMs);
    };
    void round();
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  };
}
