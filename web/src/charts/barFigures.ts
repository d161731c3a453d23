/** Figures of bars, which are numbers: how many decimals they deserve, and how they read. */

const SIGNIFICANT = 6;
const PLACES_MOST = 8;

/** Decimals for prices of about this size: six significant digits, at least two, at most eight. */
export function placesOf(price: number): number {
  if (!Number.isFinite(price) || price === 0) return 2;
  const whole = Math.floor(Math.log10(Math.abs(price))) + 1;
  return Math.min(PLACES_MOST, Math.max(2, SIGNIFICANT - whole));
}

const formats = new Map<string, Intl.NumberFormat>();

export function barText(value: number, places: number, locale: string): string {
  const name = `${places} ${locale}`;
  const known = formats.get(name) ?? new Intl.NumberFormat(locale, { minimumFractionDigits: places, maximumFractionDigits: places });
  formats.set(name, known);
  return known.format(value);
}

/** `1.24 M`: volumes are read, not reckoned with. */
export const volumeText = (value: number, locale: string): string =>
  value.toLocaleString(locale, { notation: value >= 10_000 ? "compact" : "standard", maximumFractionDigits: 2 });

/** How far a bar went from its opening, in percent with its sign; empty without one. */
export function changeText(open: number, close: number): string {
  if (open === 0) return "";
  const percent = ((close - open) / open) * 100;
  return `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(2)} %`;
}
