/** The crosshair moved by keys, so that a chart can be read and drawn on without a mouse. */
import type { Chart, KLineData } from "klinecharts";
import type { Anchor } from "@/core/chart_contracts";

const PANE = "candle_pane";
/** Of the visible height, a step and a long one. */
const [STEP, STRIDE] = [1 / 60, 1 / 8];

export class ChartCursor {
  readonly #chart: Chart;
  #index: number | null = null;
  #y = 0;

  constructor(chart: Chart) {
    this.#chart = chart;
  }

  /** Moves by so many bars and steps of price, from the newest bar's close at first. */
  move(bars: number, up: number, isFar: boolean): void {
    const data = this.#chart.getDataList();
    const height = this.#chart.getSize(PANE, "main")?.height ?? 0;
    if (data.length === 0) return;
    if (this.#index === null) this.#start(data);
    else {
      this.#index = Math.max(0, this.#index + bars * (isFar ? 10 : 1));
      this.#y = Math.min(height, Math.max(0, this.#y - up * height * (isFar ? STRIDE : STEP)));
    }
    this.#show();
  }

  /** Where it stands; null before it was ever moved. */
  get anchor(): Anchor | null {
    if (this.#index === null) return null;
    const x = this.#x();
    const point = [this.#chart.convertFromPixel([{ x, y: this.#y }], { paneId: PANE })].flat()[0];
    return point?.timestamp === undefined || point.value === undefined ? null : { at_ms: point.timestamp, price: point.value };
  }

  #start(data: readonly KLineData[]): void {
    const { realTo } = this.#chart.getVisibleRange();
    this.#index = Math.min(data.length, realTo) - 1;
    const close = data[this.#index]?.close ?? 0;
    const point = [this.#chart.convertToPixel([{ value: close }], { paneId: PANE })].flat()[0];
    this.#y = point?.y ?? 0;
  }

  #x(): number {
    const point = [this.#chart.convertToPixel([{ dataIndex: this.#index ?? 0 }], { paneId: PANE })].flat()[0];
    return point?.x ?? 0;
  }

  #show(): void {
    const { from, to } = this.#chart.getVisibleRange();
    const index = this.#index ?? 0;
    if (index < from || index >= to) this.#chart.scrollToDataIndex(index);
    this.#chart.executeAction("onCrosshairChange", { x: this.#x(), y: this.#y, paneId: PANE });
  }
}
