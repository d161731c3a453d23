/** Exact decimal texts: comparing, adding, rounding. No amount ever becomes a `number`. */

declare const brand: unique symbol;

/** A plain decimal text such as `-0.00012`: optional minus, digits, optional fraction; no exponent. */
export type Decimal = string & { readonly [brand]: "decimal" };

const SHAPE = /^-?\d{1,60}(\.\d{1,60})?$/;

export const isDecimal = (text: string): text is Decimal => SHAPE.test(text);

/** The decimal a text means. Throws a RangeError for anything but a plain decimal number. */
export function decimal(text: string): Decimal {
  if (!isDecimal(text)) throw new RangeError(`${text.slice(0, 60)} is not a plain decimal number`);
  return text;
}

export const ZERO = decimal("0");

/** An integer count of `10 ** -scale`. */
interface Scaled {
  readonly units: bigint;
  readonly scale: number;
}

function scaled(value: Decimal): Scaled {
  const [whole = "0", fraction = ""] = value.split(".");
  return { units: BigInt(whole + fraction), scale: fraction.length };
}

function text({ units, scale }: Scaled): Decimal {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = scale > 0 ? `.${digits.slice(-scale)}` : "";
  return decimal(`${negative ? "-" : ""}${whole}${fraction}`);
}

const lift = (value: Scaled, scale: number): bigint => value.units * 10n ** BigInt(scale - value.scale);

function aligned(left: Decimal, right: Decimal): [bigint, bigint, number] {
  const [a, b] = [scaled(left), scaled(right)];
  const scale = Math.max(a.scale, b.scale);
  return [lift(a, scale), lift(b, scale), scale];
}

/** The exact sum, with the longer of both fractions. */
export function add(left: Decimal, right: Decimal): Decimal {
  const [a, b, scale] = aligned(left, right);
  return text({ units: a + b, scale });
}

export const sum = (values: readonly Decimal[]): Decimal => values.reduce(add, ZERO);

export const negate = (value: Decimal): Decimal => text({ ...scaled(value), units: -scaled(value).units });

export const absolute = (value: Decimal): Decimal => (sign(value) < 0 ? negate(value) : value);

/** -1, 0 or 1. */
export function sign(value: Decimal): -1 | 0 | 1 {
  const { units } = scaled(value);
  return units === 0n ? 0 : units < 0n ? -1 : 1;
}

/** Orders by value: negative when left is smaller. Null sorts before every number. */
export function compare(left: Decimal | null, right: Decimal | null): number {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  const [a, b] = aligned(left, right);
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The value with exactly `places` decimals, half to even. */
export function round(value: Decimal, places: number): Decimal {
  const exact = scaled(value);
  if (exact.scale <= places) return text({ units: lift(exact, places), scale: places });
  const divisor = 10n ** BigInt(exact.scale - places);
  const magnitude = exact.units < 0n ? -exact.units : exact.units;
  const [quotient, twice] = [magnitude / divisor, (magnitude % divisor) * 2n];
  const up = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  const units = quotient + (up ? 1n : 0n);
  return text({ units: exact.units < 0n ? -units : units, scale: places });
}

/** How many digits stand before the point, zero not counted: 3 for `123.4`, 0 for `0.5`. */
export const wholeDigits = (value: Decimal): number => value.replace("-", "").split(".")[0]?.replace(/^0+/, "").length ?? 0;

/** For pixels only (widths of bars, positions): never for a figure that is shown or sent. */
export const toPixels = (value: Decimal): number => Number(value);
