/** Decimal texts as people read them: grouped, aligned, signed, their trailing zeros apart. */
import { type Decimal, absolute, round, sign, wholeDigits } from "@/shared/decimals";

/** A figure in the pieces that are drawn differently. */
export interface Figure {
  /** `+`, `−` (U+2212, as wide as the plus) or nothing. */
  readonly sign: string;
  readonly whole: string;
  /** Point and significant decimals: `.05`, or nothing. */
  readonly fraction: string;
  /** Trailing zeros (with the point when nothing else follows it), drawn dim. */
  readonly zeros: string;
  /** Digits left free at the right so that points stand above each other. */
  readonly padding: number;
}

export interface FigureStyle {
  readonly places: number;
  /** Columns of figures reserve this many decimals; at least `places`. */
  readonly reserve?: number;
  readonly signed?: boolean;
  readonly locale?: string;
}

const separators = new Map<string, { readonly whole: Intl.NumberFormat; readonly point: string }>();

function separatorsOf(locale: string) {
  const known = separators.get(locale);
  if (known) return known;
  const format = new Intl.NumberFormat(locale, { numberingSystem: "latn" });
  const point = format.formatToParts(1.5).find((part) => part.type === "decimal")?.value ?? ".";
  const made = { whole: format, point };
  separators.set(locale, made);
  return made;
}

const signText = (direction: number, signed: boolean): string => (direction < 0 ? "−" : direction > 0 && signed ? "+" : "");

/** The figure of a value, rounded half to even. */
export function figure(value: Decimal, style: FigureStyle): Figure {
  const rounded = round(value, style.places);
  const [whole = "0", fraction = ""] = absolute(rounded).split(".");
  const { whole: grouping, point } = separatorsOf(style.locale ?? "en");
  const significant = fraction.replace(/0+$/, "");
  const zeros = fraction.slice(significant.length);
  return {
    sign: signText(sign(rounded), style.signed ?? false),
    whole: grouping.format(BigInt(whole)),
    fraction: significant ? point + significant : "",
    zeros: zeros && !significant ? point + zeros : zeros,
    padding: Math.max(0, (style.reserve ?? style.places) - style.places),
  };
}

/** The same in one text, for titles and labels. */
export function figureText(value: Decimal, style: FigureStyle): string {
  const { sign: minus, whole, fraction, zeros } = figure(value, style);
  return minus + whole + fraction + zeros;
}

const MONEY = new Set(["USD", "EUR", "GBP", "CHF", "JPY", "USDT", "USDC", "BUSD", "DAI", "TUSD", "FDUSD"]);

export const isMoney = (asset: string): boolean => MONEY.has(asset);

/** Decimals in which a value is shown in an asset: cents for currencies, eight digits for coins. */
export const placesOfValue = (asset: string): number => (isMoney(asset) ? 2 : asset === "ETH" ? 6 : 8);

/** Decimals of a quantity: eight for every coin, so that a column aligns. */
export const QUANTITY_PLACES = 8;

export const PRICE_PLACES = 8;

/** Decimals of a price: about six significant digits, at least two and at most eight. */
export function placesOfPrice(price: Decimal): number {
  const digits = wholeDigits(price);
  return digits >= 4 ? 2 : digits >= 1 ? 4 : PRICE_PLACES;
}
