import { expect, it } from "vitest";
import { fillsText } from "@/charts/fill_layer";
import { decimal } from "@/shared/decimals";

it("tells amounts and prices of fills, and none of them while amounts are masked", () => {
  const fills = [
    { side: "buy", count: 3, quantity: decimal("0.5"), value: decimal("25000"), price: 50_000 },
    { side: "sell", count: 1, quantity: decimal("0.1"), value: decimal("5100"), price: 51_000 },
  ] as const;
  const text = (isMasked: boolean) => fillsText(fills, "BTC", { isMasked, locale: "en", amount: (value) => value });
  expect(text(false)).toMatch(/^Bought 0\.5 BTC at 50,000.*, 3 fills · Sold 0\.1 BTC at 51,000/);
  expect(text(true)).toBe("Bought BTC, 3 fills · Sold BTC");
});
