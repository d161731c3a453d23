/** Purchases and sales on the bars they fall into: a triangle a bar and side, with how many when they are several. */
import { markColors } from "@/charts/chartStyles";
import type { Layer, View } from "@/charts/layers";
import { type BarFills, type Fill, fillsByBar } from "@/core/fills";
import { barText, placesOf } from "@/charts/barFigures";
import type { Decimal } from "@/shared/decimals";

const [HALF, HEIGHT, GAP, LETTER] = [5, 7, 3, 9];
const FONT = `${LETTER}px "Inter Variable", system-ui, sans-serif`;

function drawMark({ ctx, bars, x, y }: View, index: number, { side, count }: BarFills): void {
  const bar = bars[index];
  if (!bar) return;
  const isBuy = side === "buy";
  const way = isBuy ? 1 : -1;
  const [at, tip] = [x(index), y(isBuy ? bar.low : bar.high) + way * GAP];
  ctx.fillStyle = markColors()[isBuy ? "B" : "S"] ?? markColors().other;
  ctx.beginPath();
  ctx.moveTo(at, tip);
  ctx.lineTo(at - HALF, tip + way * HEIGHT);
  ctx.lineTo(at + HALF, tip + way * HEIGHT);
  ctx.fill();
  ctx.font = FONT;
  ctx.textAlign = "center";
  ctx.textBaseline = isBuy ? "top" : "bottom";
  ctx.fillText(`${isBuy ? "B" : "S"}${count > 1 ? count : ""}`, at, tip + way * (HEIGHT + 1));
}

/** Keeps what falls into which bar until bars or fills change. */
export function fillLayer(fills: readonly Fill[]) {
  let known: ReadonlyMap<number, readonly BarFills[]> = new Map();
  let first = Number.NaN;
  let last = Number.NaN;
  const at = (bars: View["bars"]) => {
    const [nowFirst, nowLast] = [bars[0]?.timestamp ?? 0, bars.at(-1)?.timestamp ?? 0];
    if (nowFirst !== first || nowLast !== last) known = fillsByBar(fills, bars);
    [first, last] = [nowFirst, nowLast];
    return known;
  };
  const layer: Layer = {
    draw: (view) => {
      for (const [index, sides] of at(view.bars)) if (index >= view.from && index < view.to) for (const each of sides) drawMark(view, index, each);
    },
  };
  return { layer, at };
}

/** `Bought 0.5 BTC at 50,000.00, 3 fills`; masked it says no amount and no price of the user's. */
export function fillsText(sides: readonly BarFills[], base: string, { isMasked, locale, amount }: { readonly isMasked: boolean; readonly locale: string; readonly amount: (value: Decimal) => string }): string {
  const told = sides.map(({ side, count, quantity, price }) => {
    const did = side === "buy" ? "Bought" : "Sold";
    const what = isMasked ? base : `${amount(quantity)} ${base} at ${barText(price, placesOf(price), locale)}`;
    return `${did} ${what}${count > 1 ? `, ${count} fills` : ""}`;
  });
  return told.join(" · ");
}
