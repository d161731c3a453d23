import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, decimal, round, sign } from "@/shared/decimals";
import { figure, figureText, placesOfPrice } from "@/shared/figures";

const texts = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.stringMatching(/^\d{1,18}$/))
  .map(([whole, fraction]) => decimal(`${whole}.${fraction}`));
const places = fc.integer({ min: 0, max: 18 });
const locales = fc.constantFrom("en", "de", "fr", "en-IN", "sv", "ar-EG");

/** Reads a figure's text back to a plain decimal. */
function read(text: string, locale: string) {
  const point = new Intl.NumberFormat(locale, { numberingSystem: "latn" }).formatToParts(1.5).find(({ type }) => type === "decimal")!.value;
  return decimal(text.replace("−", "-").replace("+", "").replaceAll(new RegExp(`[^\\d\\-${point === "." ? "\\." : point}]`, "gu"), "").replace(point, "."));
}

describe("figures", () => {
  it("say exactly the rounded value in every locale", () => {
    fc.assert(
      fc.property(texts, places, locales, (value, digits, locale) => {
        const shown = read(figureText(value, { places: digits, locale, signed: true }), locale);
        expect(compare(shown, round(value, digits))).toBe(0);
      }),
    );
  });

  it("always have the same number of characters right of the point", () => {
    fc.assert(
      fc.property(texts, places, fc.integer({ min: 0, max: 18 }), (value, digits, reserve) => {
        const { fraction, zeros, padding } = figure(value, { places: digits, reserve });
        const points = digits === 0 ? 0 : 1;
        expect((fraction + zeros).length - points + padding).toBe(Math.max(digits, reserve));
      }),
    );
  });

  it("never end their significant part with a zero", () => {
    fc.assert(fc.property(texts, places, (value, digits) => !figure(value, { places: digits }).fraction.endsWith("0")));
  });

  it("sign changes, and nothing that rounds to zero", () => {
    fc.assert(
      fc.property(texts, places, (value, digits) => {
        const direction = sign(round(value, digits));
        expect(figure(value, { places: digits, signed: true }).sign).toBe(["−", "", "+"][direction + 1]);
      }),
    );
  });

  it("group thousands by the locale", () => {
    expect(figureText(decimal("1234567.5"), { places: 2, locale: "de" })).toBe("1.234.567,50");
    expect(figureText(decimal("-1234567.5"), { places: 2, locale: "en-IN" })).toBe("−12,34,567.50");
  });

  it("give a price the decimals its size needs", () => {
    expect(["63250.12", "1.0837", "0.00038", "0"].map((text) => placesOfPrice(decimal(text)))).toEqual([2, 4, 8, 8]);
  });
});
