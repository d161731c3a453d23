/** What is on a chart beside its bars and studies: drawings, own points, fills and levels; and the keys for them. */
import type { Chart } from "klinecharts";
import { type RefObject, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { ChartCursor } from "@/charts/chart_cursor";
import { DrawingBoard } from "@/charts/drawing_board";
import { SHAPES } from "@/charts/drawing_overlays";
import { fillLayer, fillsText } from "@/charts/fill_layer";
import { addLayer } from "@/charts/layers";
import { type Level, showLevels } from "@/charts/levels";
import { useRange } from "@/charts/useRange";
import { placeOf, pointLayer } from "@/charts/point_layer";
import type { Anchor, BarRange, DrawnPoints, Drawing, Kind, Magnet } from "@/core/chart_contracts";
import { useDisplay } from "@/core/display";
import type { Fill } from "@/core/fills";
import { instantText } from "@/shared/instants";
import styles from "./CandleChart.module.css";

export interface ChartToolsProps {
  readonly series: string;
  readonly isPrivate: boolean;
  readonly isReadOnly: boolean;
  readonly drawings: readonly Drawing[];
  readonly tool: Kind | null;
  readonly magnet: Magnet;
  readonly colour: number;
  readonly chosen: string | null;
  readonly points: readonly DrawnPoints[];
  readonly fills: readonly Fill[];
  readonly levels: readonly Level[];
  /** What the fills are of. */
  readonly base: string;
  readonly onPut: (drawing: Drawing) => void;
  readonly onRemove: (id: string) => void;
  readonly onChosen: (id: string | null) => void;
  readonly onToolEnd: () => void;
  readonly onUndo: () => void;
  readonly onRedo: () => void;
  readonly onRange: (range: BarRange | null) => void;
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const ZOOMS: Readonly<Record<string, number>> = { "+": 1.25, "=": 1.25, "-": 0.8 };

/** Where the crosshair moved by keys stands, in words for those who don't see it. */
const placeText = ({ at_ms, price }: Anchor, zone: string, isMasked: boolean) => `${instantText(new Date(at_ms).toISOString(), zone).slice(0, 16)}${isMasked ? "" : `, ${price.toPrecision(7)}`}`;

/** Follows a chart's board while it is there. */
function useBoard(chart: Chart, { onPut, onChosen, onToolEnd }: ChartToolsProps): RefObject<DrawingBoard | null> {
  const board = useRef<DrawingBoard>(null);
  const put = useEffectEvent(onPut);
  const chosen = useEffectEvent(onChosen);
  const toolEnd = useEffectEvent(onToolEnd);
  useEffect(() => {
    const made = new DrawingBoard(chart, { onPut: (drawing) => put(drawing), onChosen: (id) => chosen(id), onToolEnd: () => toolEnd() });
    board.current = made;
    return () => made.close();
  }, [chart]);
  return board;
}

/** The other drawing that comes next in their order, or before. */
function neighbour(drawings: readonly Drawing[], chosen: string | null, step: number): string | null {
  const at = drawings.findIndex(({ id }) => id === chosen);
  return drawings[(at + step + drawings.length) % drawings.length]?.id ?? null;
}

function useFills(chart: Chart, { fills, base }: ChartToolsProps, isMasked: boolean): string {
  const { locale } = useDisplay();
  const [text, setText] = useState("");
  useEffect(() => {
    if (fills.length === 0) return undefined;
    const { layer, at } = fillLayer(fills);
    const added = addLayer(chart, layer, "over");
    const onCrosshair = (crosshair?: unknown) => {
      const { dataIndex, paneId } = (crosshair ?? {}) as { dataIndex?: number; paneId?: string };
      const sides = paneId && dataIndex !== undefined ? (at(chart.getDataList()).get(dataIndex) ?? []) : [];
      setText(fillsText(sides, base, { isMasked, locale, amount: (value) => value }));
    };
    chart.subscribeAction("onCrosshairChange", onCrosshair);
    return () => {
      chart.unsubscribeAction("onCrosshairChange", onCrosshair);
      added.remove();
      setText("");
    };
  }, [chart, fills, base, isMasked, locale]);
  return text;
}

function usePoints(chart: Chart, points: readonly DrawnPoints[]): void {
  useEffect(() => {
    const close = chart.getDataList().at(-1)?.close ?? 0;
    const added = points.filter(({ items }) => items.length > 0).map((each) => addLayer(chart, pointLayer(each), placeOf(each, close)));
    return () => {
      for (const each of added) each.remove();
    };
  }, [chart, points]);
}

export default function ChartTools(props: ChartToolsProps & { readonly chart: Chart; readonly look: string }) {
  const { chart, look, series, isPrivate, isReadOnly, drawings, tool, magnet, colour, chosen, points, levels, onRemove, onChosen, onToolEnd, onUndo, onRedo, onRange } = props;
  useRange(chart, onRange);
  const { masked, locale, zone } = useDisplay();
  const board = useBoard(chart, props);
  const [place, setPlace] = useState("");
  const cursor = useMemo(() => new ChartCursor(chart), [chart]);
  const named = useRef<Anchor[]>([]);
  const isHidden = masked && isPrivate;
  const shown = useMemo(() => drawings.filter((each) => each.series === series), [drawings, series]);
  const fillText = useFills(chart, props, masked);
  usePoints(chart, points);

  const style = useMemo(() => ({ isMasked: isHidden, locale, isReadOnly }), [isHidden, locale, isReadOnly]);
  const drawnLook = useRef("");
  useEffect(() => {
    const now = `${look} ${JSON.stringify(style)}`;
    board.current?.show(shown, style, drawnLook.current !== now);
    drawnLook.current = now;
  }, [board, chart, shown, style, look]);

  useEffect(() => {
    named.current = [];
    if (tool) board.current?.begin(tool, series, magnet, colour);
    else board.current?.cancel();
  }, [board, chart, tool, series, magnet, colour]);

  useEffect(() => showLevels(chart, levels), [chart, levels, look]);

  const name = () => {
    const anchor = cursor.anchor;
    if (!anchor || !tool || SHAPES[tool].anchors === 0) return;
    named.current.push(anchor);
    if (named.current.length < SHAPES[tool].anchors) return;
    board.current?.cancel();
    board.current?.place(tool, series, named.current, colour);
    named.current = [];
  };
  const nudge = (bars: number, up: number, isFar: boolean) => {
    cursor.move(bars, up, isFar);
    const anchor = cursor.anchor;
    if (anchor) setPlace(placeText(anchor, zone, isHidden));
  };
  const edit = (event: KeyboardEvent): boolean => {
    if (event.key === "Delete" || event.key === "Backspace") return chosen !== null && !isReadOnly && (onRemove(chosen), true);
    if (event.key === "Escape") return tool !== null ? (onToolEnd(), true) : chosen !== null && (onChosen(null), true);
    if ((event.key === "[" || event.key === "]") && shown.length > 0) return onChosen(neighbour(shown, chosen, event.key === "]" ? 1 : -1)), true;
    if (event.key === "Enter" && tool) return name(), true;
    return false;
  };
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const arrow = ARROWS[event.key];
    const zoom = ZOOMS[event.key];
    const isCommand = event.ctrlKey || event.metaKey;
    let isTaken = true;
    if (isCommand && event.key.toLowerCase() === "z") (event.shiftKey ? onRedo : onUndo)();
    else if (isCommand && event.key.toLowerCase() === "y") onRedo();
    else if (isCommand || event.altKey) isTaken = false;
    else if (arrow) nudge(...arrow, event.shiftKey);
    else if (zoom) chart.zoomAtCoordinate(zoom);
    else isTaken = edit(event);
    if (!isTaken) return;
    event.preventDefault();
    event.stopPropagation();
  });
  useEffect(() => {
    const frame = chart.getDom()?.parentElement;
    const listener = (event: KeyboardEvent) => onKey(event);
    frame?.addEventListener("keydown", listener);
    return () => frame?.removeEventListener("keydown", listener);
  }, [chart]);

  return (
    <>
      <output className="hidden-text" data-testid="chart-place">
        {place}
      </output>
      {fillText && (
        <p className={styles["fills"]} data-testid="chart-fills">
          {fillText}
        </p>
      )}
    </>
  );
}
