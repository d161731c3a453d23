/** Drawings as KLineChart overlays: its own lines where they do, ours where text or masking asks for more. */
import { type Coordinate, type OverlayFigure, type OverlayTemplate, registerOverlay } from "klinecharts";
import { barText, placesOf } from "@/charts/barFigures";
import type { Kind } from "@/core/chart_contracts";

/** What is handed to an overlay beside its anchors; plain data, for KLineChart copies it. */
export interface DrawingExtra {
  readonly text: string;
  /** The value axis is private: no figure of it is written. */
  readonly isMasked: boolean;
  readonly locale: string;
  readonly color: string;
  readonly ground: string;
}

const FAMILY = '"Inter Variable", system-ui, sans-serif';
const SIZE = 11;
const LEVELS = [0, 0.236, 0.382, 0.5, 0.618, 0.786, 1] as const;

/** KLineChart's name of each kind, and at how many points it is held (0: drawn by hand). */
export const SHAPES: Readonly<Record<Kind, { readonly overlay: string; readonly anchors: number; readonly title: string }>> = {
  trend_line: { overlay: "segment", anchors: 2, title: "Trend line" },
  ray: { overlay: "rayLine", anchors: 2, title: "Ray" },
  line: { overlay: "straightLine", anchors: 2, title: "Endless line" },
  horizontal_line: { overlay: "horizontalStraightLine", anchors: 1, title: "Horizontal line" },
  horizontal_ray: { overlay: "horizontalRayLine", anchors: 2, title: "Horizontal ray" },
  horizontal_segment: { overlay: "horizontalSegment", anchors: 2, title: "Horizontal segment" },
  vertical_line: { overlay: "verticalStraightLine", anchors: 1, title: "Vertical line" },
  vertical_ray: { overlay: "verticalRayLine", anchors: 2, title: "Vertical ray" },
  vertical_segment: { overlay: "verticalSegment", anchors: 2, title: "Vertical segment" },
  price_line: { overlay: "NIGHTDESK_PRICE_LINE", anchors: 1, title: "Price line" },
  parallel_channel: { overlay: "parallelStraightLine", anchors: 3, title: "Parallel channel" },
  price_channel: { overlay: "priceChannelLine", anchors: 3, title: "Price channel" },
  fibonacci: { overlay: "NIGHTDESK_FIBONACCI", anchors: 2, title: "Fibonacci retracement" },
  rectangle: { overlay: "NIGHTDESK_RECTANGLE", anchors: 2, title: "Rectangle" },
  brush: { overlay: "brush", anchors: 0, title: "Brush" },
  note: { overlay: "NIGHTDESK_NOTE", anchors: 1, title: "Note" },
  measure: { overlay: "NIGHTDESK_MEASURE", anchors: 2, title: "Measure" },
};

const faint = (color: string): string => (/^#[0-9a-f]{6}$/i.test(color) ? `${color}26` : "transparent");
const text = ({ x, y }: Coordinate, words: string, extra: DrawingExtra, more: Record<string, unknown> = {}): OverlayFigure => ({
  type: "text",
  attrs: { x, y, text: words, baseline: "bottom", ...more },
  styles: { color: extra.color, size: SIZE, family: FAMILY, backgroundColor: "transparent", paddingLeft: 2, paddingRight: 2, paddingTop: 1, paddingBottom: 1 },
});

function box([from, to]: readonly Coordinate[], { color }: DrawingExtra): OverlayFigure[] {
  if (!from || !to) return [];
  const attrs = { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) };
  return [{ type: "rect", attrs, styles: { style: "stroke_fill", color: faint(color), borderColor: color } }];
}

/** Lines of a text one below the other, framed. */
function framed({ x, y }: Coordinate, words: string, extra: DrawingExtra): OverlayFigure[] {
  const height = SIZE + 8;
  return words.split("\n").map((line, at) => ({
    type: "text",
    attrs: { x, y: y + at * height, text: line || " ", baseline: "top" },
    styles: { color: extra.color, size: SIZE, family: FAMILY, backgroundColor: extra.ground, borderColor: faint(extra.color), borderSize: 1, borderRadius: 2, paddingLeft: 6, paddingRight: 6, paddingTop: 3, paddingBottom: 3 },
  }));
}

/** `2 d 4 h`: the two largest units of a span. */
export function spanText(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const parts = [
    [Math.floor(minutes / 1440), "d"],
    [Math.floor((minutes % 1440) / 60), "h"],
    [minutes % 60, "m"],
  ] as const;
  const told = parts.filter(([count]) => count > 0).slice(0, 2);
  return told.length === 0 ? "0 m" : told.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** What a measured span says: how far, in percent, and how long; how far is left out where it is private. */
export function measured(from: Anchored, to: Anchored, { isMasked, locale }: Pick<DrawingExtra, "isMasked" | "locale">): string {
  const change = to.value - from.value;
  const sign = change < 0 ? "−" : "+";
  const percent = from.value === 0 ? "" : `${sign}${Math.abs((change / from.value) * 100).toFixed(2)} %`;
  const far = isMasked ? "" : `${sign}${barText(Math.abs(change), placesOf(to.value), locale)}`;
  return [far, percent, spanText(to.at - from.at)].filter(Boolean).join("  ");
}

interface Anchored {
  readonly at: number;
  readonly value: number;
}

const anchored = (points: readonly { readonly timestamp?: number; readonly value?: number }[], at: number): Anchored => ({ at: points[at]?.timestamp ?? 0, value: points[at]?.value ?? 0 });

type Figures = NonNullable<OverlayTemplate<DrawingExtra>["createPointFigures"]>;

const rectangle: Figures = ({ overlay, coordinates }) => box(coordinates, overlay.extendData);

const measure: Figures = ({ overlay, coordinates }) => {
  const [from, to] = coordinates;
  if (!from || !to) return [];
  const words = measured(anchored(overlay.points, 0), anchored(overlay.points, 1), overlay.extendData);
  return [...box(coordinates, overlay.extendData), ...framed({ x: Math.min(from.x, to.x), y: Math.max(from.y, to.y) + 4 }, words, overlay.extendData)];
};

const note: Figures = ({ overlay, coordinates: [at] }) => {
  if (!at) return [];
  const { extendData: extra } = overlay;
  const dot: OverlayFigure = { type: "circle", attrs: { ...at, r: 3 }, styles: { style: "fill", color: extra.color } };
  return [dot, ...framed({ x: at.x + 8, y: at.y - 9 }, extra.text || "…", extra)];
};

const fibonacci: Figures = ({ overlay, coordinates: [from, to], bounding }) => {
  if (!from || !to) return [];
  const { extendData: extra, points } = overlay;
  const [first, last] = [anchored(points, 0).value, anchored(points, 1).value];
  const left = Math.min(from.x, to.x);
  const lines = LEVELS.map((level) => from.y + (to.y - from.y) * level);
  const words = LEVELS.map((level) => {
    const value = first + (last - first) * level;
    return `${(level * 100).toFixed(1)} %${extra.isMasked ? "" : `  ${barText(value, placesOf(value), extra.locale)}`}`;
  });
  return [
    { type: "line", attrs: lines.map((y) => ({ coordinates: [{ x: left, y }, { x: bounding.width, y }] })) },
    ...lines.map((y, at) => text({ x: left, y }, words[at] ?? "", extra)),
  ];
};

const price_line: Figures = ({ overlay, coordinates: [at], bounding }) => {
  if (!at) return [];
  const { extendData: extra, points } = overlay;
  const value = points[0]?.value ?? 0;
  const words = [extra.text, extra.isMasked ? "" : barText(value, placesOf(value), extra.locale)].filter(Boolean).join("  ");
  return [{ type: "line", attrs: { coordinates: [{ x: 0, y: at.y }, { x: bounding.width, y: at.y }] } }, text({ x: bounding.width - 4, y: at.y }, words, extra, { align: "right" })];
};

const OWN: readonly (readonly [Kind, Figures])[] = [
  ["rectangle", rectangle],
  ["measure", measure],
  ["note", note],
  ["fibonacci", fibonacci],
  ["price_line", price_line],
];

let isRegistered = false;

/** Makes our overlays known to KLineChart, once. */
export function registerDrawings(): void {
  if (isRegistered) return;
  for (const [kind, createPointFigures] of OWN) {
    const { overlay, anchors } = SHAPES[kind];
    registerOverlay<DrawingExtra>({ name: overlay, totalStep: anchors + 1, needDefaultPointFigure: true, createPointFigures });
  }
  isRegistered = true;
}
