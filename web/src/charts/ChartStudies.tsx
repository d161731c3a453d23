/** Studies on a chart that has its bars. */
import { useEffect } from "react";
import type { DrawnChart } from "@/charts/CandleChart";
import { useStudies } from "@/charts/useStudies";
import type { Indicator } from "@/core/indicators";
import type { Problem } from "@/core/problems";
import type { Study } from "@/core/studies";

interface ChartStudiesProps extends DrawnChart {
  readonly series: string;
  readonly resolution: string;
  readonly studies: readonly Study[];
  /** The catalogue, from which a study's lines are known; both must be the same objects as long as nothing changed. */
  readonly functions: readonly Indicator[];
  readonly isMasked: boolean;
  /** Told why the studies can't be computed; null when they can. */
  readonly onProblem: (problem: Problem | null) => void;
}

export default function ChartStudies(props: ChartStudiesProps) {
  const { followBars } = props;
  const barsChanged = useStudies(props);
  useEffect(() => followBars(barsChanged), [followBars, barsChanged]);
  return null;
}
