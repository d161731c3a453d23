/** What happened, marked on bars: purchases below them, sales and firings above. */
import { type OverlayTemplate, registerOverlay } from "klinecharts";
import { markColors } from "@/charts/chartStyles";
import type { Bar } from "@/core/contracts";

/** `B` bought, `S` sold, `F` fired. */
export interface Mark {
  readonly atMs: number;
  readonly text: string;
}

/** Each mark on the bar it falls into; those before and after all bars are left out. */
export function placed(marks: readonly Mark[], bars: readonly Bar[], eachMs: number): readonly { readonly bar: Bar; readonly text: string }[] {
  const found = new Map<string, { readonly bar: Bar; readonly text: string }>();
  for (const { atMs, text } of marks) {
    // What is decided at the end of a bar belongs to it.
    const bar = bars.findLast(([start]) => start < atMs);
    if (bar && atMs <= bar[0] + eachMs) found.set(`${bar[0]} ${text}`, { bar, text });
  }
  return [...found.values()];
}

export const MARK = "NIGHTDESK_MARK";

const [HALF, HEIGHT, GAP, LETTER] = [5, 7, 3, 9];
/** Firings stand above the fills that came of them. */
const FIRED_ABOVE = 22;

const template: OverlayTemplate = {
  name: MARK,
  totalStep: 2,
  needDefaultPointFigure: false,
  needDefaultXAxisFigure: false,
  needDefaultYAxisFigure: false,
  createPointFigures: ({ overlay, coordinates: [at] }) => {
    if (!at) return [];
    const letter = String(overlay.extendData);
    const isBelow = letter === "B";
    const way = isBelow ? 1 : -1;
    const tip = at.y + way * (GAP + (letter === "F" ? FIRED_ABOVE : 0));
    const foot = tip + way * HEIGHT;
    const color = markColors()[letter] ?? markColors().other;
    return [
      { type: "polygon", attrs: { coordinates: [{ x: at.x, y: tip }, { x: at.x - HALF, y: foot }, { x: at.x + HALF, y: foot }] }, styles: { style: "fill", color }, ignoreEvent: true },
      { type: "text", attrs: { x: at.x, y: foot + way, text: letter, align: "center", baseline: isBelow ? "top" : "bottom" }, styles: { color, size: LETTER, backgroundColor: "transparent", paddingLeft: 0, paddingRight: 0, paddingTop: 0, paddingBottom: 0 }, ignoreEvent: true },
    ];
  },
};

let isRegistered = false;

/** Makes the overlay known to KLineChart, once. */
export function registerMarks(): void {
  if (isRegistered) return;
  registerOverlay(template);
  isRegistered = true;
}
