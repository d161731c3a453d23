/** Prices that matter to the user, as lines across the chart: open orders, stops, the average cost. */
import { type Chart, type OverlayTemplate, registerOverlay } from "klinecharts";
import { markColors, token } from "@/charts/chartStyles";

export interface Level {
  readonly price: number;
  readonly text: string;
  readonly tone: "buy" | "sell" | "cost";
}

const [NAME, GROUP, PANE, SIZE] = ["NIGHTDESK_LEVEL", "levels", "candle_pane", 11];

const template: OverlayTemplate<{ readonly text: string; readonly color: string }> = {
  name: NAME,
  totalStep: 2,
  createPointFigures: ({ overlay, coordinates: [at], bounding }) => {
    if (!at) return [];
    const { text, color } = overlay.extendData;
    return [
      { type: "line", attrs: { coordinates: [{ x: 0, y: at.y }, { x: bounding.width, y: at.y }] }, styles: { style: "dashed", dashedValue: [2, 3], color }, ignoreEvent: true },
      { type: "text", attrs: { x: bounding.width - 4, y: at.y, text, align: "right", baseline: "bottom" }, styles: { color, size: SIZE, backgroundColor: token("surface"), paddingLeft: 4, paddingRight: 4, paddingTop: 1, paddingBottom: 1 }, ignoreEvent: true },
    ];
  },
};

let isRegistered = false;

/** Shows exactly these levels. */
export function showLevels(chart: Chart, levels: readonly Level[]): void {
  if (!isRegistered) registerOverlay(template);
  isRegistered = true;
  chart.removeOverlay({ groupId: GROUP });
  const colors = { buy: markColors()["B"], sell: markColors()["S"], cost: token("accent") };
  for (const { price, text, tone } of levels) {
    chart.createOverlay({ name: NAME, groupId: GROUP, paneId: PANE, lock: true, extendData: { text, color: colors[tone] ?? token("dim") }, points: [{ value: price }] });
  }
}
