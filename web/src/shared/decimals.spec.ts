import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add, compare, decimal, isDecimal, negate, round, sign, sum, ZERO } from "@/shared/decimals";
import { divide, multiply, percentOf } from "@/shared/arithmetic";

const SCALE = 18n;
const units = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });

/** The text of so many 1e-18. */
function amount(count: bigint) {
  const digits = (count < 0n ? -count : count).toString().padStart(19, "0");
  return decimal(`${count < 0n ? "-" : ""}${digits.slice(0, -18)}.${digits.slice(-18)}`);
}

describe("decimals", () => {
  it("add exactly, whatever the size", () => {
    fc.assert(fc.property(units, units, (a, b) => add(amount(a), amount(b)) === amount(a + b)));
  });

  it("order as their values do", () => {
    fc.assert(fc.property(units, units, (a, b) => Math.sign(compare(amount(a), amount(b))) === (a < b ? -1 : Number(a > b))));
  });

  it("cancel with their negative", () => {
    fc.assert(fc.property(units, (a) => sign(add(amount(a), negate(amount(a)))) === 0));
  });

  it("round to within half a unit of the last place", () => {
    fc.assert(
      fc.property(units, fc.integer({ min: 0, max: 17 }), (a, places) => {
        const rounded = BigInt(round(amount(a), places).replace(".", "")) * 10n ** (SCALE - BigInt(places));
        const error = rounded - a;
        expect(2n * (error < 0n ? -error : error)).toBeLessThanOrEqual(10n ** (SCALE - BigInt(places)));
      }),
    );
  });

  it("round halves to even", () => {
    expect(["0.5", "1.5", "2.5", "-0.5", "-1.5"].map((text) => round(decimal(text), 0))).toEqual(["0", "2", "2", "0", "-2"]);
  });

  it("never change when rounded to their own places or more", () => {
    fc.assert(fc.property(units, (a) => compare(round(amount(a), 30), amount(a)) === 0));
  });

  it("refuse everything but a plain number", () => {
    expect(["1e3", "", ".5", "1.", "+1", "NaN", "1,000", " 1", "0x10", "Infinity"].filter(isDecimal)).toEqual([]);
  });

  it("sum nothing to zero", () => {
    expect(sum([])).toBe(ZERO);
  });
});

describe("arithmetic", () => {
  it("divides back what it multiplied, to the last decimal but one", () => {
    const small = fc.bigInt({ min: 10n ** 12n, max: 10n ** 24n });
    fc.assert(
      fc.property(small, small, (a, b) => {
        const back = divide(multiply(amount(a), amount(b)), amount(b));
        const error = add(back ?? ZERO, negate(amount(a)));
        expect(compare(round(error, 10), ZERO)).toBe(0);
      }),
    );
  });

  it("never divides by zero", () => {
    expect(divide(decimal("1"), decimal("0.000"))).toBeNull();
    expect(percentOf(decimal("1"), decimal("-0"))).toBeNull();
  });

  it("does what floats cannot", () => {
    expect(add(decimal("0.1"), decimal("0.2"))).toBe("0.3");
    expect(multiply(decimal("123456789012345678.9"), decimal("10"))).toBe("1234567890123456789.000000000000000000");
  });
});
