/** A user's own points: a line through them, or a mark at each with its label. */
import { colorOf } from "@/charts/drawing_board";
import type { Layer, View } from "@/charts/layers";
import type { DrawnPoints } from "@/core/chart_contracts";
import { barAt } from "@/core/fills";

const RADIUS = 3.5;
const FONT = '11px "Inter Variable", system-ui, sans-serif';
/** Within so many times the price, points share its scale; others get a pane of their own. */
const LIKE_PRICE = 3;

/** Whether the points belong on the scale of prices. */
export function placeOf({ items }: DrawnPoints, close: number): "over" | "under" {
  const values = items.map(({ value }) => value).sort((left, right) => left - right);
  const middle = values[values.length >> 1] ?? 0;
  return middle > close / LIKE_PRICE && middle < close * LIKE_PRICE ? "over" : "under";
}

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

/** Points in view, with one before and one after, so that lines reach the edges. */
function placed({ bars, from, to, x, y }: View, { items }: DrawnPoints): readonly Placed[] {
  const at = items.map(({ atMs }) => barAt(bars, atMs));
  const first = at.findIndex((index) => index >= from);
  const after = at.findIndex((index) => index >= to);
  const [begin, end] = [first === -1 ? Math.max(0, items.length - 1) : Math.max(0, first - 1), after === -1 ? items.length : after + 1];
  return items.slice(begin, end).flatMap(({ value, label }, number) => {
    const index = at[begin + number] ?? -1;
    return index < 0 ? [] : [{ x: x(index), y: y(value), label }];
  });
}

function drawLine({ ctx }: View, points: readonly Placed[]): void {
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  points.forEach(({ x, y }, at) => (at === 0 ? ctx.moveTo(x, y) : ctx.lineTo(x, y)));
  ctx.stroke();
}

function drawMarks({ ctx }: View, points: readonly Placed[]): void {
  for (const { x, y } of points) {
    ctx.beginPath();
    ctx.arc(x, y, RADIUS, 0, 2 * Math.PI);
    ctx.fill();
  }
}

function drawLabels({ ctx }: View, points: readonly Placed[]): void {
  ctx.font = FONT;
  ctx.textBaseline = "bottom";
  for (const { x, y, label } of points) if (label) ctx.fillText(label, x + RADIUS + 2, y - 2);
}

export function pointLayer(points: DrawnPoints): Layer {
  return {
    title: points.name,
    draw: (view) => {
      const inView = placed(view, points);
      view.ctx.fillStyle = view.ctx.strokeStyle = colorOf(points.colour);
      if (points.style === "line") drawLine(view, inView);
      else drawMarks(view, inView);
      drawLabels(view, inView);
    },
    reach: (reach, { bars, from, to }) => {
      const [first, last] = [bars[from]?.timestamp ?? Number.POSITIVE_INFINITY, bars[to]?.timestamp ?? Number.POSITIVE_INFINITY];
      for (const { atMs, value } of points.items) if (atMs >= first && atMs < last) reach.include(value);
    },
  };
}
