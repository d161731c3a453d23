/** How figures are drawn, apart from what draws them: elements of the page, or cells of a table. */
import type { Display } from "@/core/display";
import { type Decimal, sign } from "@/shared/decimals";
import { type Figure, figure, type FigureStyle, placesOfPrice, placesOfValue, PRICE_PLACES, QUANTITY_PLACES } from "@/shared/figures";

export type Drawing =
  | { readonly kind: "figure"; readonly figure: Figure; readonly unit?: string | undefined; readonly tone?: -1 | 0 | 1; readonly title?: string | undefined }
  /** Stands for any amount while masking is on: always as wide, whatever it hides. */
  | { readonly kind: "mask" }
  /** There is no figure, and why. */
  | { readonly kind: "unknown"; readonly why: string }
  | { readonly kind: "text"; readonly text: string; readonly title?: string };

const MASK: Drawing = { kind: "mask" };
const unknown = (why: string): Drawing => ({ kind: "unknown", why });

interface Extra {
  readonly unit?: string | undefined;
  readonly toned?: boolean;
  readonly title?: string;
}

function drawn({ locale }: Display, value: Decimal, style: FigureStyle, { unit, toned, title }: Extra): Drawing {
  return { kind: "figure", figure: figure(value, { ...style, locale }), unit, title, ...(toned ? { tone: sign(value) } : {}) };
}

export interface AmountStyle {
  readonly asset?: string;
  readonly places?: number;
  readonly signed?: boolean;
  /** Whether up and down have their colours; by default what is signed has. */
  readonly toned?: boolean;
  readonly why?: string;
}

/** A quantity of an asset; its title holds every digit. */
export function amountDrawing(display: Display, value: Decimal | null, style: AmountStyle = {}): Drawing {
  const { asset, places = QUANTITY_PLACES, signed = false, toned = signed, why = "Not known" } = style;
  if (value === null) return unknown(why);
  if (display.masked) return MASK;
  return drawn(display, value, { places, signed }, { unit: asset, toned, title: asset ? `${value} ${asset}` : value });
}

/** A value given in the portfolio's base currency, shown in the chosen one. */
export function valueDrawing(display: Display, value: Decimal | null, style: { readonly signed?: boolean; readonly unit?: boolean; readonly why?: string } = {}): Drawing {
  const { signed = false, unit = false, why = "No price is known" } = style;
  const { masked, asset, convert } = display;
  const shown = convert(value);
  if (shown === null) return unknown(why);
  if (masked) return MASK;
  return drawn(display, shown, { places: placesOfValue(asset), signed }, { unit: unit ? asset : undefined, toned: signed, title: `${shown} ${asset}` });
}

/** A market price, given in the base currency: public, so masking leaves it. */
export function priceDrawing(display: Display, value: Decimal | null, aligned = true): Drawing {
  const shown = display.convert(value);
  return shown === null ? unknown("No price is known") : quoteDrawing(display, shown, { aligned, title: `${shown} ${display.asset}` });
}

/** A market price as it is quoted. */
export function quoteDrawing(display: Display, value: Decimal | null, { aligned = true, tone, title }: { readonly aligned?: boolean; readonly tone?: -1 | 0 | 1; readonly title?: string } = {}): Drawing {
  if (value === null) return unknown("Not quoted");
  const places = placesOfPrice(value);
  const drawing = drawn(display, value, { places, reserve: aligned ? PRICE_PLACES : places }, { title: title ?? value });
  return drawing.kind === "figure" && tone !== undefined ? { ...drawing, tone } : drawing;
}

/** What a unit cost its owner: like a price, but private. */
export function costDrawing(display: Display, value: Decimal | null): Drawing {
  const shown = display.convert(value);
  if (shown === null) return unknown("Nothing of it has a proven cost");
  return display.masked ? MASK : quoteDrawing(display, shown, { title: `${shown} ${display.asset}` });
}

/** A percentage: it tells no size, so masking leaves it. */
export function percentDrawing(display: Display, value: Decimal | null, { signed = false, places = 2 }: { readonly signed?: boolean; readonly places?: number } = {}): Drawing {
  return value === null ? unknown("Not known") : drawn(display, value, { places, signed }, { unit: "%", toned: signed });
}
