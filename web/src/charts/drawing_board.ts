/** Ties drawings to a chart: shows them, lets them be drawn, moved and chosen, by mouse, touch and keys. */
import type { Chart, Overlay, OverlayCreate, Point } from "klinecharts";
import { studyColors, token } from "@/charts/chartStyles";
import { type DrawingExtra, registerDrawings, SHAPES } from "@/charts/drawing_overlays";
import type { Anchor, Drawing, Kind, Magnet } from "@/core/chart_contracts";

const GROUP = "drawings";
const PANE = "candle_pane";
const ANCHORS_MOST = 200;
const MODES = { off: "normal", weak: "weak_magnet", strong: "strong_magnet" } as const;

export interface BoardEvents {
  /** A drawing was made or moved. */
  readonly onPut: (drawing: Drawing) => void;
  readonly onChosen: (id: string | null) => void;
  /** The tool was put down: something was drawn, or not. */
  readonly onToolEnd: () => void;
}

/** How drawings look on this chart. */
export interface BoardStyle {
  readonly isMasked: boolean;
  readonly locale: string;
  readonly isReadOnly: boolean;
}

export const colorOf = (colour: number): string => (colour === 0 ? token("accent") : studyColors().line(colour - 1));

/** Evenly fewer, so that what is drawn by hand is kept within bounds. */
export function thinned<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, at) => items[Math.round((at * (items.length - 1)) / (most - 1))]).filter((item): item is Item => item !== undefined);
}

function anchorsOf(points: readonly Partial<Point>[]): Anchor[] {
  const anchors = points.flatMap(({ timestamp, value }) => (timestamp === undefined ? [] : [{ at_ms: Math.round(timestamp), price: value ?? 0 }]));
  return [...thinned(anchors, ANCHORS_MOST)];
}

const pointsOf = ({ anchors }: Drawing) => anchors.map(({ at_ms, price }) => ({ timestamp: at_ms, value: price }));

/** KLineChart drops a second click elsewhere that comes this soon, as half of a double click. */
const DROPPED_MS = 500;
const DROPPED_FROM_PX = 5;

/** Clicks once more where a click was dropped, so that two quick clicks are two points. */
function clickAgain({ target, clientX, clientY }: MouseEvent): void {
  for (const type of ["mousedown", "mouseup"]) target?.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, button: 0, clientX, clientY }));
}

export class DrawingBoard {
  readonly #chart: Chart;
  /** As KLineChart counts clicks: since which press, how many, where the first was. */
  #clicks = { since: Number.NEGATIVE_INFINITY, count: 0, x: 0, y: 0 };
  readonly #events: BoardEvents;
  #style: BoardStyle = { isMasked: false, locale: "en", isReadOnly: false };
  #shown = new Map<string, Drawing>();
  #tool: string | null = null;

  constructor(chart: Chart, events: BoardEvents) {
    registerDrawings();
    this.#chart = chart;
    this.#events = events;
    chart.getDom()?.addEventListener("mousedown", this.#onMouseDown);
    chart.getDom()?.addEventListener("mouseup", this.#onMouseUp);
  }

  /** Shows exactly these; those that did not change are left alone. */
  show(drawings: readonly Drawing[], style: BoardStyle, isAnew = false): void {
    this.#style = style;
    const wanted = new Map(drawings.map((drawing) => [drawing.id, drawing]));
    for (const [id, drawing] of this.#shown) {
      if (!isAnew && wanted.get(id) === drawing) continue;
      this.#shown.delete(id);
      this.#chart.removeOverlay({ id });
    }
    for (const drawing of drawings) if (!this.#shown.has(drawing.id)) this.#add(drawing);
  }

  /** Takes up a tool; the next clicks, or anchors, draw with it. */
  begin(kind: Kind, series: string, magnet: Magnet, colour: number): void {
    this.cancel();
    const blank: Drawing = { id: crypto.randomUUID(), kind, series, anchors: [], text: "", colour, width: 1, dash: "solid", locked: false, hidden: false };
    this.#tool = blank.id;
    this.#chart.createOverlay({
      ...this.#overlay(blank),
      mode: MODES[magnet],
      onDrawEnd: ({ overlay }) => this.#drawn(blank, overlay),
    });
  }

  /** Puts the tool down with nothing drawn. */
  cancel(): void {
    if (this.#tool === null) return;
    const id = this.#tool;
    this.#tool = null;
    this.#chart.removeOverlay({ id });
  }

  /** Draws at anchors that were named rather than clicked at. */
  place(kind: Kind, series: string, anchors: readonly Anchor[], colour: number): void {
    this.#finish({ id: crypto.randomUUID(), kind, series, anchors: [...anchors], text: "", colour, width: 1, dash: "solid", locked: false, hidden: false });
  }

  close(): void {
    this.#chart.getDom()?.removeEventListener("mousedown", this.#onMouseDown);
    this.#chart.getDom()?.removeEventListener("mouseup", this.#onMouseUp);
    this.cancel();
    this.#chart.removeOverlay({ groupId: GROUP });
    this.#shown.clear();
  }

  readonly #onMouseDown = ({ timeStamp, clientX, clientY }: MouseEvent): void => {
    if (timeStamp - this.#clicks.since >= DROPPED_MS) this.#clicks = { since: timeStamp, count: 0, x: clientX, y: clientY };
  };

  readonly #onMouseUp = (event: MouseEvent): void => {
    const { since, x, y } = this.#clicks;
    this.#clicks.count += 1;
    const isSoon = this.#clicks.count > 1 && event.timeStamp - since < DROPPED_MS;
    if (isSoon) this.#clicks.since = Number.NEGATIVE_INFINITY;
    const isElsewhere = Math.abs(event.clientX - x) + Math.abs(event.clientY - y) >= DROPPED_FROM_PX;
    if (isSoon && isElsewhere && this.#tool !== null && event.isTrusted) setTimeout(() => clickAgain(event));
  };

  #drawn(blank: Drawing, overlay: Overlay): void {
    if (this.#tool !== blank.id) return;
    this.#tool = null;
    const anchors = anchorsOf(overlay.points);
    const removing = () => this.#chart.removeOverlay({ id: blank.id });
    if (anchors.length < Math.max(1, SHAPES[blank.kind].anchors)) {
      queueMicrotask(removing);
      this.#events.onToolEnd();
      return;
    }
    queueMicrotask(() => {
      removing(); // what was drawn is shown again from what is kept
      this.#finish({ ...blank, anchors });
    });
  }

  #finish(drawing: Drawing): void {
    this.#events.onPut(drawing);
    this.#events.onToolEnd();
    this.#events.onChosen(drawing.id);
  }

  #add(drawing: Drawing): void {
    this.#shown.set(drawing.id, drawing);
    this.#chart.createOverlay({
      ...this.#overlay(drawing),
      points: pointsOf(drawing),
      onSelected: () => this.#events.onChosen(drawing.id),
      onDeselected: () => this.#events.onChosen(null),
      onRightClick: (event) => {
        event.preventDefault?.(); // it would be removed
        this.#events.onChosen(drawing.id);
      },
      onPressedMoveEnd: ({ overlay }) => this.#moved(drawing.id, overlay),
    });
  }

  #moved(id: string, overlay: Overlay): void {
    const before = this.#shown.get(id);
    const anchors = anchorsOf(overlay.points);
    if (anchors.length !== before?.anchors.length || JSON.stringify(anchors) === JSON.stringify(before.anchors)) return;
    const after = { ...before, anchors };
    this.#shown.set(id, after); // it is where it belongs already
    this.#events.onPut(after);
  }

  #overlay({ id, kind, colour, width, dash, locked, hidden, text }: Drawing): OverlayCreate {
    const { isMasked, locale, isReadOnly } = this.#style;
    const color = colorOf(colour);
    const line = { color, size: width, style: dash, dashedValue: [4, 4] };
    const point = { color, borderColor: `${color}55`, activeColor: color, activeBorderColor: `${color}55` };
    const extendData: DrawingExtra = { text, isMasked, locale, color, ground: token("raised") };
    return {
      id,
      name: SHAPES[kind].overlay,
      groupId: GROUP,
      paneId: PANE,
      lock: locked || isReadOnly,
      visible: !hidden,
      needDefaultXAxisFigure: false,
      needDefaultYAxisFigure: false,
      extendData,
      styles: { line, point, rect: { borderSize: width, borderStyle: dash } },
    };
  }
}
