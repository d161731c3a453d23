/** Multiplying and dividing decimal texts, rounded once to 18 decimals, half to even. */
import Big from "big.js";
import { type Decimal, decimal, round, sign } from "@/shared/decimals";

const DECIMALS = 18;
const Exact = Big();
Exact.DP = 2 * DECIMALS;
Exact.RM = Big.roundHalfEven;

const settle = (value: Big): Decimal => round(decimal(value.toFixed()), DECIMALS);

export const multiply = (left: Decimal, right: Decimal): Decimal => settle(new Exact(left).times(right));

/** The quotient, or null when the denominator is zero. */
export const divide = (numerator: Decimal, denominator: Decimal): Decimal | null =>
  sign(denominator) === 0 ? null : settle(new Exact(numerator).div(denominator));

/** `part` of `whole` in percent with two decimals, or null when there is no whole. */
export function percentOf(part: Decimal, whole: Decimal): Decimal | null {
  const ratio = divide(part, whole);
  return ratio === null ? null : toPercent(ratio);
}

/** A ratio as percent with two decimals: `0.1234` is `12.34`. */
export const toPercent = (ratio: Decimal): Decimal => round(multiply(ratio, decimal("100")), 2);
