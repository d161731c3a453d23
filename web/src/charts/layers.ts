/** What is drawn over bars by our own brush: only what is in view, however much there is. */
import { type AxisRange, type Chart, type IndicatorDrawParams, type IndicatorTooltipData, type KLineData, registerIndicator } from "klinecharts";

export interface View {
  readonly ctx: CanvasRenderingContext2D;
  readonly bars: readonly KLineData[];
  /** Indexes of bars in view, the last excluded. */
  readonly from: number;
  readonly to: number;
  /** How wide a bar is drawn. */
  readonly width: number;
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
}

/** What a pane's scale reaches. */
export class Reach {
  low = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;

  /** Widens it to a value; what is no number does nothing. */
  include(value: number): void {
    if (value < this.low) this.low = value;
    if (value > this.high) this.high = value;
  }
}

/** Draws in its pane; `reach` tells what the pane's scale must show of the bars in view. */
export interface Layer {
  readonly draw: (view: View) => void;
  readonly reach?: (reach: Reach, view: Pick<View, "bars" | "from" | "to">) => void;
  readonly title?: string;
  /** What is written beside the title, of the bar with this index. */
  readonly legends?: (bars: readonly KLineData[], index: number) => IndicatorTooltipData["legends"];
  /** Written on the scale as 1.2K. */
  readonly isLarge?: boolean;
}

const NAME = "NIGHTDESK_LAYER";
const CANDLE_PANE = "candle_pane";
const PANE_HEIGHT = 92;

interface Placed {
  readonly chart: Chart;
  readonly paneId: string;
  layer: Layer;
}

/** By the indicator's id: KLineChart would copy whatever is handed to it. */
const layers = new Map<string, Placed>();

function draw({ ctx, chart, indicator, xAxis, yAxis }: IndicatorDrawParams<unknown, number, unknown>): boolean {
  const { realFrom: from, realTo: to } = chart.getVisibleRange();
  const width = chart.getBarSpace().halfGapBar * 2;
  layers.get(indicator.id)?.layer.draw({ ctx, bars: chart.getDataList(), from, to, width, x: (index) => xAxis.convertToPixel(index), y: (value) => yAxis.convertToPixel(value) });
  return true; // nothing is drawn beside it
}

/** The scale of a pane: what it shows anyway, and what its layers reach. */
function rangeOf({ chart, paneId, defaultRange }: { readonly chart: Chart; readonly paneId: string; readonly defaultRange: AxisRange }): AxisRange {
  const { realFrom: from, realTo: to } = chart.getVisibleRange();
  const view = { bars: chart.getDataList(), from: Math.max(0, from), to: Math.min(to, chart.getDataList().length) };
  const reach = new Reach();
  for (const placed of layers.values()) if (placed.chart === chart && placed.paneId === paneId) placed.layer.reach?.(reach, view);
  if (paneId === CANDLE_PANE) {
    reach.include(defaultRange.from);
    reach.include(defaultRange.to);
  }
  const { low, high } = reach;
  if (low > high) return defaultRange;
  const range = high - low;
  return { from: low, to: high, range, realFrom: low, realTo: high, realRange: range, displayFrom: low, displayTo: high, displayRange: range };
}

let isRegistered = false;
let made = 0;

function register(): void {
  if (isRegistered) return;
  registerIndicator<unknown, number>({
    name: NAME,
    shortName: "",
    calcParams: [0],
    figures: [],
    calc: () => [], // a layer knows its values itself
    shouldUpdate: (before, now) => ({ calc: before.calcParams[0] !== now.calcParams[0], draw: before.precision !== now.precision }),
    createTooltipDataSource: ({ chart, indicator, crosshair }) => {
      const layer = layers.get(indicator.id)?.layer;
      const bars = chart.getDataList();
      return { name: layer?.title ?? "", calcParamsText: "", features: [], legends: layer?.legends?.(bars, crosshair.dataIndex ?? bars.length - 1) ?? [] };
    },
    draw,
  });
  isRegistered = true;
}

/** Puts a layer over the bars or into a pane of its own; what is returned draws it anew, shows another in its place, and takes it away. */
export function addLayer(chart: Chart, layer: Layer, place: "over" | "under") {
  register();
  const id = `layer_${++made}`;
  const paneId = place === "over" ? CANDLE_PANE : `${id}_pane`;
  layers.set(id, { chart, paneId, layer });
  chart.createIndicator({ name: NAME, id, paneId, shouldFormatBigNumber: layer.isLarge ?? false }, true);
  chart.overrideYAxis({ paneId, createRange: rangeOf });
  if (place === "under") chart.setPaneOptions({ id: paneId, height: PANE_HEIGHT, minHeight: 60 });
  let revision = 0;
  /** With so many decimals on its scale, where they are said. */
  const redraw = (precision?: number) => {
    chart.overrideIndicator({ name: NAME, id, calcParams: [++revision], ...(precision === undefined ? {} : { precision }) });
  };
  const show = (next: Layer) => {
    layers.set(id, { chart, paneId, layer: next });
    redraw();
  };
  const remove = () => {
    chart.removeIndicator({ id });
    layers.delete(id);
  };
  return { redraw, show, remove };
}
