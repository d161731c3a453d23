/** One series as bars: which, how long, stands in the address. */
import { NativeSelect, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense, useState } from "react";
import { useSearchParams } from "react-router";
import { followsCalendar, isPortfolioSeries, isResolution, portfolioSeries, type Resolution, RESOLUTIONS } from "@/core/candles";
import { useDisplay } from "@/core/display";
import { DoubtMark } from "@/core/DoubtMark";
import { useDoubt } from "@/core/feeds";
import { usePageTitle, usePortfolioId } from "@/core/queries";
import { marketOf, venueOf } from "@/core/tickers";
import { SeriesPicker } from "@/features/chart/SeriesPicker";
import { Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./chart.module.css";

const CandleChart = lazy(() => import("@/charts/CandleChart"));

const DEFAULT_RESOLUTION: Resolution = "15m";

/** Series and resolution stand in the address; without them the own portfolio is shown. */
function useChosen() {
  const [search, setSearch] = useSearchParams();
  const own = portfolioSeries(usePortfolioId());
  const resolution = search.get("resolution");
  const change = (name: "series" | "resolution", value: string) =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      next.set(name, value);
      return next;
    });
  return { own, series: search.get("series") ?? own, resolution: isResolution(resolution) ? resolution : DEFAULT_RESOLUTION, change };
}

function ResolutionChoice({ value, isNarrow, onChange }: { readonly value: Resolution; readonly isNarrow: boolean; readonly onChange: (value: string) => void }) {
  const data = [...RESOLUTIONS];
  if (isNarrow) return <NativeSelect size="xs" aria-label="Resolution" data={data} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
  return <SegmentedControl size="xs" aria-label="Resolution" data={data} value={value} onChange={onChange} />;
}

export default function ChartPage() {
  const { own, series, resolution, change } = useChosen();
  const { zone } = useDisplay();
  const isNarrow = useMediaQuery("(max-width: 700px)", false, { getInitialValueInEffect: false });
  const doubt = useDoubt(isPortfolioSeries(series) ? undefined : venueOf(series));
  const [base, setBase] = useState("");
  const name = isPortfolioSeries(series) ? "Portfolio value" : marketOf(series);
  usePageTitle(`${name} ${resolution}`);
  const actions = (
    <>
      <DoubtMark doubt={doubt} />
      <ResolutionChoice value={resolution} isNarrow={isNarrow} onChange={(value) => change("resolution", value)} />
    </>
  );
  const title = (
    <span className={styles["title"]}>
      {isNarrow ? null : name}
      <SeriesPicker value={series} own={own} onChange={(value) => change("series", value)} />
      {!isNarrow && (
        <span className={styles["dim"]}>
          {base && `in ${base}, `}
          {followsCalendar(resolution) ? "UTC" : zone}
        </span>
      )}
    </span>
  );
  return (
    <>
      <h1 className="hidden-text">Chart</h1>
      <Panel title={title} actions={actions} grow>
        <Suspense fallback={<TableSkeleton rows={8} columns={6} />}>
          <CandleChart key={`${series} ${resolution}`} series={series} resolution={resolution} onBase={setBase} isStale={doubt !== null} label={`${name}, ${resolution} bars`} />
        </Suspense>
      </Panel>
    </>
  );
}
