import { describe, expect, it } from "vitest";
import { displayOf } from "@/core/display";
import { decimal } from "@/shared/decimals";

const RATES = { base: "USDT", rates: { USDT: decimal("1"), EUR: decimal("1.25"), BTC: null, ETH: decimal("0") } };

describe("the shown currency", () => {
  it("is converted exactly at its rate", () => {
    const { asset, convert } = displayOf("EUR", RATES);
    expect(asset).toBe("EUR");
    expect(convert(decimal("100"))).toBe("80.000000000000000000");
    expect(convert(null)).toBeNull();
  });

  it("stays the base where no rate is known", () => {
    expect(displayOf("BTC", RATES).asset).toBe("USDT");
    expect(displayOf("ETH", RATES).convert(decimal("7"))).toBe("7");
    expect(displayOf("EUR", RATES).choices).toEqual(["USDT", "EUR"]);
  });
});
