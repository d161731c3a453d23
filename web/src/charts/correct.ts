/** Bars may be corrected after newer ones are drawn. */
import type { KLineData } from "klinecharts";

/** Puts a bar in its place among those that are drawn already; false when it belongs at their end. */
export function correct(drawn: KLineData[], bar: KLineData): boolean {
  let at = drawn.length - 1;
  while (at >= 0 && (drawn[at]?.timestamp ?? 0) > bar.timestamp) at -= 1;
  if (at === drawn.length - 1) return false;
  const isKnown = drawn[at]?.timestamp === bar.timestamp;
  if (at >= 0) drawn.splice(isKnown ? at : at + 1, isKnown ? 1 : 0, bar);
  return true;
}
