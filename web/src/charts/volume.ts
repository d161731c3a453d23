/** Volume under the bars. */
import { volumeColors } from "@/charts/chartStyles";
import type { Layer, View } from "@/charts/layers";

/** One path for all bars that rose, one for those that fell. */
function fillBars({ ctx, bars, from, to, width, x, y }: View, isUp: boolean): void {
  const foot = y(0);
  ctx.beginPath();
  for (let index = Math.max(0, from); index < to; index += 1) {
    const bar = bars[index];
    if (!bar?.volume || bar.close >= bar.open !== isUp) continue;
    const top = Math.min(y(bar.volume), foot - 1);
    ctx.rect(x(index) - width / 2, top, Math.max(1, width), foot - top);
  }
  ctx.fill();
}

/** The legend above has the numbers. */
export const VOLUME: Layer = {
  isLarge: true,
  title: "",
  draw: (view) => {
    const { up, down } = volumeColors();
    view.ctx.fillStyle = up;
    fillBars(view, true);
    view.ctx.fillStyle = down;
    fillBars(view, false);
  },
  reach: (reach, { bars, from, to }) => {
    reach.include(0);
    for (let index = from; index < to; index += 1) reach.include(bars[index]?.volume ?? 0);
  },
};
