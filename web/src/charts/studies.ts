/** Studies on KLineChart: lines through values that the page or the desk computed. */
import type { Chart, KLineData } from "klinecharts";
import { barText, placesOf } from "@/charts/barFigures";
import { studyColors } from "@/charts/chartStyles";
import { addLayer, type Layer, type View } from "@/charts/layers";
import type { Study, StudyLine } from "@/core/studies";

/** A study and where its lines' values are read: by the line's number and the start of the bar, NaN where there is none. */
export interface DrawnStudy extends Study {
  readonly title: string;
  readonly lines: readonly StudyLine[];
  readonly read: (line: number, start: number) => number;
}

const DASHES: Readonly<Record<StudyLine["style"], readonly number[]>> = { line: [], dashed: [4, 3], histogram: [] };
const PRECISION_MOST = 8;

/** One path through all that is in view, broken where there is no value. */
function strokeLine({ ctx, bars, from, to, x, y }: View, read: (start: number) => number): void {
  const end = Math.min(bars.length, to + 1);
  let isOpen = false;
  ctx.beginPath();
  for (let index = Math.max(0, from - 1); index < end; index += 1) {
    const value = read(bars[index]?.timestamp ?? 0);
    const isValue = !Number.isNaN(value);
    if (isValue && isOpen) ctx.lineTo(x(index), y(value));
    else if (isValue) ctx.moveTo(x(index), y(value));
    isOpen = isValue;
  }
  ctx.stroke();
}

function fillHistogram({ ctx, bars, from, to, width, x, y }: View, read: (start: number) => number): void {
  const foot = y(0);
  ctx.beginPath();
  for (let index = Math.max(0, from); index < Math.min(bars.length, to); index += 1) {
    const value = read(bars[index]?.timestamp ?? 0);
    if (Number.isNaN(value)) continue;
    const top = y(value);
    ctx.rect(x(index) - width / 2, Math.min(top, foot), Math.max(1, width), Math.max(1, Math.abs(foot - top)));
  }
  ctx.fill();
}

function drawLines(view: View, { lines, read }: DrawnStudy, color: number): void {
  const colors = studyColors();
  view.ctx.lineWidth = 1;
  lines.forEach(({ style }, line) => {
    const at = (start: number) => read(line, start);
    view.ctx.fillStyle = view.ctx.strokeStyle = colors.line(color + line);
    view.ctx.setLineDash([...DASHES[style]]);
    if (style === "histogram") fillHistogram(view, at);
    else strokeLine(view, at);
  });
}

function legendsOf({ lines, read }: DrawnStudy, bar: KLineData | undefined, { color, isMasked }: { readonly color: number; readonly isMasked: boolean }) {
  const colors = studyColors();
  return lines.map(({ name }, line) => {
    const value = bar ? read(line, bar.timestamp) : Number.NaN;
    const text = Number.isNaN(value) ? "—" : isMasked ? "•••••" : barText(value, placesOf(value), navigator.language);
    return { title: { text: lines.length === 1 ? "" : `${name} `, color: colors.dim }, value: { text, color: colors.line(color + line) } };
  });
}

/** `color` is the number of its first line's colour. */
export function studyLayer(study: DrawnStudy, color: number, isMasked: () => boolean): Layer {
  const { title, lines, read } = study;
  return {
    title,
    draw: (view) => drawLines(view, study, color),
    reach: (reach, { bars, from, to }) => {
      for (let index = from; index < to; index += 1) {
        const start = bars[index]?.timestamp ?? 0;
        for (let line = 0; line < lines.length; line += 1) reach.include(read(line, start));
      }
    },
    legends: (bars, index) => legendsOf(study, bars[index] ?? bars.at(-1), { color, isMasked: isMasked() }),
  };
}

/** Decimals that the newest values deserve. */
function precisionOf({ lines, read }: DrawnStudy, newest: KLineData | undefined): number {
  const values = lines.map((_, line) => (newest ? read(line, newest.timestamp) : Number.NaN));
  return Math.min(PRECISION_MOST, Math.max(2, ...values.map(placesOf)));
}

/** Draws studies; what is returned draws them anew when values of bars that closed came, and takes them away. What follows the bar that forms is drawn with it. */
export function drawStudies(chart: Chart, studies: readonly DrawnStudy[], isMasked: () => boolean) {
  let colors = 0;
  const drawn = studies.map((study) => {
    const layer = addLayer(chart, studyLayer(study, colors, isMasked), study.place);
    colors += study.lines.length;
    return { study, layer };
  });
  const show = () => {
    const newest = chart.getDataList().at(-1);
    for (const { study, layer } of drawn) layer.redraw(precisionOf(study, newest));
  };
  const remove = () => {
    for (const { layer } of drawn) layer.remove();
  };
  return { show, remove };
}
