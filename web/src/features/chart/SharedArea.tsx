/** The bars of a shared chart, with its drawings and points; nothing of it can be changed. */
import { useState } from "react";
import CandleChart from "@/charts/CandleChart";
import ChartStudies from "@/charts/ChartStudies";
import ChartTools from "@/charts/ChartTools";
import ChartVolume from "@/charts/ChartVolume";
import { isPortfolioSeries } from "@/core/candles";
import type { DrawnPoints, LayoutContent } from "@/core/chart_contracts";
import { useDisplay } from "@/core/display";
import type { Indicator } from "@/core/indicators";
import styles from "./drawing.module.css";

const ignore = () => undefined;
const NONE: readonly never[] = [];

interface SharedAreaProps {
  readonly content: LayoutContent;
  readonly points: readonly DrawnPoints[];
  readonly functions: readonly Indicator[] | null;
  readonly title: string;
}

export default function SharedArea({ content, points, functions, title }: SharedAreaProps) {
  const { series, resolution, range, studies, drawings } = content;
  const { masked } = useDisplay();
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <div className={styles["area"]}>
      <CandleChart series={series} resolution={resolution} range={range} label={`${title}, shared`}>
        {({ chart, look, followBars }) => (
          <>
          {!isPortfolioSeries(series) && <ChartVolume chart={chart} />}
          {functions && <ChartStudies chart={chart} look={look} followBars={followBars} series={series} resolution={resolution} studies={studies} functions={functions} isMasked={masked && isPortfolioSeries(series)} onProblem={ignore} />}
          <ChartTools
            chart={chart}
            look={look}
            series={series}
            isPrivate={isPortfolioSeries(series)}
            isReadOnly
            drawings={drawings}
            tool={null}
            magnet="off"
            colour={0}
            chosen={chosen}
            points={points}
            fills={NONE}
            levels={NONE}
            base=""
            onPut={ignore}
            onRemove={ignore}
            onChosen={setChosen}
            onToolEnd={ignore}
            onUndo={ignore}
            onRedo={ignore}
            onRange={ignore}
          />
          </>
        )}
      </CandleChart>
    </div>
  );
}
