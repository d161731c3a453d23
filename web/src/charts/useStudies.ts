/** Ties a chart's studies to what computes them: the page itself where it can, the desk otherwise. */
import type { Chart } from "klinecharts";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { drawStudies } from "@/charts/studies";
import { isResolution, timed } from "@/core/candles";
import { DeskHistory } from "@/core/datafeed/own_series";
import { ownStudy } from "@/core/incremental/own_functions";
import { OwnStudies } from "@/core/incremental/own_studies";
import type { MakeStudy } from "@/core/incremental/running";
import { type Indicator, useIndicatorsDesk } from "@/core/indicators";
import type { Problem } from "@/core/problems";
import { useServices } from "@/core/services";
import { linesOf, type Study, StudyFeed, type StudyLine, type StudyValues, titleOf } from "@/core/studies";

interface StudiesOptions {
  readonly chart: Chart | null;
  readonly series: string;
  readonly resolution: string;
  readonly studies: readonly Study[];
  readonly functions: readonly Indicator[];
  readonly isMasked: boolean;
  readonly onProblem: (problem: Problem | null) => void;
}

interface Wanted extends Study {
  readonly title: string;
  readonly lines: readonly StudyLine[];
  /** Null where the desk computes it. */
  readonly make: MakeStudy | null;
  /** The number of its first line among those of the page, or of the desk. */
  readonly first: number;
}

function wantedOf(studies: readonly Study[], on: { readonly series: string; readonly resolution: string }, functions: readonly Indicator[]): readonly Wanted[] {
  const counts = { own: 0, desk: 0 };
  return studies.map((study) => {
    const lines = linesOf(study, functions);
    const make = isResolution(on.resolution) ? ownStudy(study.text, on, functions) : null;
    const whose = make ? "own" : "desk";
    const first = counts[whose];
    counts[whose] += lines.length;
    return { ...study, title: titleOf(study.text), lines, make, first };
  });
}

/** Both are told as one: what fails first is shown. */
function problemsOf(onProblem: (problem: Problem | null) => void) {
  const known: Record<"own" | "desk", Problem | null> = { own: null, desk: null };
  return (whose: "own" | "desk") => (problem: Problem | null) => {
    known[whose] = problem;
    onProblem(known.own ?? known.desk);
  };
}

/** Returns what must be called whenever bars came or changed, with whether one was corrected that had closed long ago. */
export function useStudies({ chart, series, resolution, studies, functions, isMasked, onProblem }: StudiesOptions): (isCorrected: boolean) => void {
  const indicators = useIndicatorsDesk();
  const { desk } = useServices();
  const changed = useRef<(isCorrected: boolean) => void>(() => undefined);
  const masked = useRef(isMasked);
  useEffect(() => {
    masked.current = isMasked;
  }, [isMasked]);
  const wanted = useMemo(() => wantedOf(studies, { series, resolution }, functions), [studies, series, resolution, functions]);
  useEffect(() => {
    onProblem(null);
    if (!chart || wanted.length === 0) return undefined;
    const told = problemsOf(onProblem);
    const history = new DeskHistory(desk);
    const [bars, makers] = [() => chart.getDataList(), wanted.flatMap(({ make }) => make ?? [])];
    let values: StudyValues = new Map();
    const own = new OwnStudies({
      resolution,
      makers,
      bars,
      read: async (fromMs, to, signal) => (await history.within(series, resolution, { fromMs: fromMs ?? 0, to }, signal)).map(timed),
      onValues: () => drawn.show(),
      onProblem: told("own"),
    });
    const feed = new StudyFeed({
      series,
      resolution,
      expressions: wanted.flatMap(({ make, lines }) => (make ? [] : lines.map(({ expression }) => expression))),
      read: (expressions, range, signal) => indicators.history(expressions, range, signal),
      bars,
      onValues: (known) => {
        values = known;
        drawn.show();
      },
      onProblem: told("desk"),
    });
    const reader = ({ make, first }: Wanted) => (line: number, start: number) => (make ? own.at(first + line, start) : (values.get(start)?.[first + line] ?? Number.NaN));
    const drawn = drawStudies(chart, wanted.map((study) => ({ ...study, read: reader(study) })), () => masked.current);
    const isAllOwn = makers.length === wanted.length;
    changed.current = (isCorrected) => {
      if (makers.length > 0) own.changed(isCorrected);
      if (!isAllOwn) feed.changed();
    };
    changed.current(false);
    return () => {
      changed.current = () => undefined;
      own.stop();
      feed.stop();
      drawn.remove();
    };
  }, [chart, wanted, series, resolution, indicators, desk, onProblem]);
  return useCallback((isCorrected: boolean) => changed.current(isCorrected), []);
}
