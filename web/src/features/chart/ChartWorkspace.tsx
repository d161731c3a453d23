/** The user's own chart: bars, studies, drawings, points, fills and orders, kept in a layout. */
import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense, useEffect, useState } from "react";
import { followsCalendar, isPortfolioSeries } from "@/core/candles";
import type { ChartBook } from "@/core/chart_book";
import { useDisplay } from "@/core/display";
import { DoubtMark } from "@/core/DoubtMark";
import { useDoubt } from "@/core/feeds";
import { useFunctions } from "@/core/indicators";
import type { Problem } from "@/core/problems";
import { usePageTitle } from "@/core/queries";
import { valueOf } from "@/core/resources";
import type { Study } from "@/core/studies";
import { marketOf, venueOf } from "@/core/tickers";
import { IndicatorDialog } from "@/features/chart/IndicatorDialog";
import { KeepingState } from "@/features/chart/KeepingState";
import { ResolutionChoice } from "@/features/chart/ResolutionChoice";
import { SeriesPicker } from "@/features/chart/SeriesPicker";
import { StudyBar } from "@/features/chart/StudyBar";
import { useAddress } from "@/features/chart/useAddress";
import { useBook } from "@/features/chart/useBook";
import { Failure, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./chart.module.css";

const ChartArea = lazy(() => import("@/features/chart/ChartArea"));

type Address = ReturnType<typeof useAddress>;

/** What the address says is kept in the layout, once the layout was taken into the address. */
function useKeptAddress(book: ChartBook | null, { series, resolution, studies, range, take }: Address): boolean {
  const [taken, setTaken] = useState<ChartBook | null>(null);
  useEffect(() => {
    if (!book || taken === book) return;
    take(book.state.value.content);
    setTaken(book); // eslint-disable-line react-hooks/set-state-in-effect -- once for each layout that was read
  }, [book, taken, take]);
  useEffect(() => {
    if (book && taken === book) book.change({ series, resolution, studies, range });
  }, [book, taken, series, resolution, studies, range]);
  return taken !== null && taken === book;
}

export function ChartWorkspace({ id }: { readonly id: string }) {
  const address = useAddress();
  const { own, isSaid, series, resolution, studies, change, changeStudies, take } = address;
  const { opened, retry } = useBook(id);
  const book = opened.kind === "ready" ? opened.book : null;
  const isTaken = useKeptAddress(book, address);
  const { zone } = useDisplay();
  const isNarrow = useMediaQuery("(max-width: 700px)", false, { getInitialValueInEffect: false });
  const doubt = useDoubt(isPortfolioSeries(series) ? undefined : venueOf(series));
  const [base, setBase] = useState("");
  const [isAdding, setAdding] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const functions = valueOf(useFunctions().resource);
  const name = isPortfolioSeries(series) ? "Portfolio value" : marketOf(series);
  usePageTitle(`${name} ${resolution}`);
  const isSame = (one: Study) => (other: Study) => one.text === other.text && one.place === other.place;
  const add = (study: Study) => studies.some(isSame(study)) || changeStudies([...studies, study]);
  const remove = (study: Study) => changeStudies(studies.filter((each) => !isSame(study)(each)));
  // Values of studies are told at the bars of UTC.
  const daysOf = studies.length > 0 || isPortfolioSeries(series) ? "UTC" : zone;
  const actions = (
    <>
      <DoubtMark doubt={doubt} />
      {book && !isNarrow && <KeepingState book={book} onTaken={() => take(book.state.value.content)} />}
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
          {followsCalendar(resolution) ? daysOf : zone}
        </span>
      )}
    </span>
  );
  const isWaiting = opened.kind === "loading" || (book !== null && !isTaken);
  return (
    <>
      <h1 className="hidden-text">Chart</h1>
      <Panel title={title} actions={actions} grow>
        <StudyBar studies={studies} problem={problem} onRemove={remove} onOpen={() => setAdding(true)} />
        {opened.kind === "error" && <Failure fault={opened.problem} title="Your drawings could not be read" onRetry={retry} />}
        {isWaiting && !isSaid ? (
          <TableSkeleton rows={8} columns={6} />
        ) : (
          <Suspense fallback={<TableSkeleton rows={8} columns={6} />}>
            <ChartArea book={isTaken ? book : null} address={address} name={name} daysOf={daysOf} isStale={doubt !== null} functions={functions} onBase={setBase} onStudyProblem={setProblem} />
          </Suspense>
        )}
      </Panel>
      <IndicatorDialog opened={isAdding} onClose={() => setAdding(false)} onAdd={add} />
    </>
  );
}
