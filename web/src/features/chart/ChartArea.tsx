/** The bars and what is drawn on them, with the bar of tools. */
import { Button, Checkbox } from "@mantine/core";
import { type ReactNode, lazy, Suspense, useMemo, useState } from "react";
import CandleChart from "@/charts/CandleChart";
import ChartStudies from "@/charts/ChartStudies";
import ChartTools from "@/charts/ChartTools";
import ChartVolume from "@/charts/ChartVolume";
import { isPortfolioSeries } from "@/core/candles";
import type { ChartBook } from "@/core/chart_book";
import type { Kind } from "@/core/chart_contracts";
import { useDisplay } from "@/core/display";
import type { Indicator } from "@/core/indicators";
import type { Problem } from "@/core/problems";
import { useStore } from "@/core/stores";
import { DrawingBar } from "@/features/chart/DrawingBar";
import type { useAddress } from "@/features/chart/useAddress";
import { assetsOf, useFillsOf, useLevels, usePointsOf } from "@/features/chart/useOwn";
import styles from "./drawing.module.css";

const DrawingPanel = lazy(() => import("@/features/chart/DrawingPanel").then(({ DrawingPanel: panel }) => ({ default: panel })));
const DrawingList = lazy(() => import("@/features/chart/DrawingList").then(({ DrawingList: list }) => ({ default: list })));
const PointsDialog = lazy(() => import("@/features/chart/PointsDialog").then(({ PointsDialog: dialog }) => ({ default: dialog })));
const LayoutsDialog = lazy(() => import("@/features/chart/LayoutsDialog").then(({ LayoutsDialog: dialog }) => ({ default: dialog })));

interface ChartAreaProps {
  /** Null while it is read, or when it can't be: bars and studies are there without it. */
  readonly book: ChartBook | null;
  readonly address: ReturnType<typeof useAddress>;
  readonly name: string;
  readonly daysOf: string;
  readonly isStale: boolean;
  readonly functions: readonly Indicator[] | null;
  readonly onBase: (base: string) => void;
  readonly onStudyProblem: (problem: Problem | null) => void;
}

type Tools = NonNullable<React.ComponentProps<typeof CandleChart>["children"]>;

function Bars({ address, name, daysOf, isStale, functions, onBase, onStudyProblem, children }: Omit<ChartAreaProps, "book"> & { readonly children?: Tools }) {
  const { series, resolution, studies, range } = address;
  const { masked } = useDisplay();
  return (
    <CandleChart
      key={`${series} ${resolution} ${daysOf}`}
      series={series}
      resolution={resolution}
      daysOf={daysOf}
      range={range}
      onBase={onBase}
      isStale={isStale}
      label={`${name}, ${resolution} bars`}
    >
      {(drawn) => (
        <>
          {!isPortfolioSeries(series) && <ChartVolume chart={drawn.chart} />}
          {functions && <ChartStudies {...drawn} series={series} resolution={resolution} studies={studies} functions={functions} isMasked={masked && isPortfolioSeries(series)} onProblem={onStudyProblem} />}
          {children?.(drawn)}
        </>
      )}
    </CandleChart>
  );
}

type Opened = "list" | "points" | "layouts" | null;

function OwnChart({ book, ...props }: ChartAreaProps & { readonly book: ChartBook }) {
  const { series, change, changeRange } = props.address;
  const { content, name, canUndo, canRedo } = useStore(book.state);
  const { masked } = useDisplay();
  const [tool, setTool] = useState<Kind | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [opened, setOpened] = useState<Opened>(null);
  const [revision, setRevision] = useState(0);
  const fills = useFillsOf(series, content.fills);
  const levels = useLevels(series, content.orders);
  const points = usePointsOf(content.points, revision);
  const isPrivate = isPortfolioSeries(series);
  const drawing = content.drawings.find(({ id, series: on }) => id === chosen && on === series);
  const close = () => setOpened(null);
  const acts = useMemo(() => ({ put: book.put.bind(book), remove: book.remove.bind(book), undo: () => book.undo(), redo: () => book.redo(), end: () => setTool(null) }), [book]);
  const tools: Tools = ({ chart, look }) => (
    <ChartTools
      chart={chart}
      look={look}
      series={series}
      isPrivate={isPrivate}
      isReadOnly={false}
      drawings={content.drawings}
      tool={tool}
      magnet={content.magnet}
      colour={0}
      chosen={chosen}
      points={points}
      fills={fills}
      levels={levels}
      base={assetsOf(series)[0]}
      onPut={acts.put}
      onRemove={acts.remove}
      onChosen={setChosen}
      onToolEnd={acts.end}
      onUndo={acts.undo}
      onRedo={acts.redo}
      onRange={changeRange}
    />
  );
  const panels: ReactNode = (
    <Suspense fallback={null}>
      {drawing && <DrawingPanel drawing={drawing} isMasked={masked && isPrivate} onPut={acts.put} onRemove={() => acts.remove(drawing.id)} onClose={() => setChosen(null)} />}
      {opened === "list" && <DrawingList opened drawings={content.drawings} series={series} onClose={close} onChoose={setChosen} onPut={acts.put} onRemove={acts.remove} />}
      {opened === "points" && <PointsDialog opened shown={content.points} onClose={close} onShown={(ids) => book.change({ points: ids })} onChanged={() => setRevision(revision + 1)} />}
      {opened === "layouts" && (
        <LayoutsDialog opened id={book.id} name={name} content={content} onClose={close} onOpen={(id) => void book.flush().then(() => change("layout", id))} onRename={(next) => book.rename(next)} />
      )}
    </Suspense>
  );
  return (
    <>
      <div className={styles["choices"]}>
        <Button size="compact-xs" variant="default" onClick={() => setOpened("layouts")} data-testid="open-layouts">
          Layouts and links
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => setOpened("points")} data-testid="open-points">
          Own points
        </Button>
        {!isPrivate && (
          <>
            <Checkbox size="xs" label="My trades" checked={content.fills} onChange={(event) => book.change({ fills: event.currentTarget.checked })} />
            <Checkbox size="xs" label="Orders and cost" checked={content.orders} onChange={(event) => book.change({ orders: event.currentTarget.checked })} />
          </>
        )}
      </div>
      <div className={styles["area"]}>
        <DrawingBar tool={tool} magnet={content.magnet} canUndo={canUndo} canRedo={canRedo} onTool={setTool} onMagnet={(magnet) => book.change({ magnet })} onUndo={acts.undo} onRedo={acts.redo} onList={() => setOpened("list")} />
        <Bars {...props}>{tools}</Bars>
        {panels}
      </div>
    </>
  );
}

export default function ChartArea(props: ChartAreaProps) {
  const { book, ...rest } = props;
  return book ? <OwnChart {...rest} book={book} /> : <Bars {...rest} />;
}
