import { describe, expect, it } from "vitest";
import { exposuresOf } from "@/features/orders/LimitsDialog";
import { originOf, outcomeText, sizeOf } from "@/features/orders/words";
import { order } from "@/testing/trading_fixtures";

describe("a size as one types it", () => {
  it.each([
    ["0.5", { quantity: "0.5" }],
    ["1000 usdt", { value: "1000" }],
    ["1000USDT", { value: "1000" }],
    ["$25.5", { value: "25.5" }],
    ["25%", { ratio: `0.25${"0".repeat(16)}` }],
    ["100 %", { ratio: `1.${"0".repeat(18)}` }],
  ])("%s", (typed, size) => expect(sizeOf(typed, "USDT")).toMatchObject(size));

  it.each(["", "0,5", "1,5", "1,000", "1,000 usdt", "0,5%", "abc", "-1", "101%", "1000 EUR", "1.2.3", "1.2.3%", "$x"])("refuses %s", (typed) => expect(sizeOf(typed, "USDT")).toBeNull());
});

describe("words of orders", () => {
  it("say who placed an order", () => {
    expect(originOf(order())).toBe("by hand");
    expect(originOf(order({ reason: "firing:7" }))).toBe("rule");
    expect(originOf(order({ adopted: true }))).toBe("elsewhere");
    expect(originOf(order({ reason: "drill" }))).toBe("drill");
  });

  it("tell what became of it without amounts", () => {
    expect(outcomeText(order({ state: "filled" }))).toBe("Buy order on BTC/USDT filled.");
    expect(outcomeText(order({ side: "sell", state: "rejected", message: "No." }))).toBe("Sell order on BTC/USDT: rejected. No.");
  });
});

describe("limits of named assets", () => {
  it("are read from a line", () => {
    expect(exposuresOf("BTC 5000, eth 20.5")).toEqual({ BTC: "5000", ETH: "20.5" });
    expect(exposuresOf(" ")).toEqual({});
    expect(exposuresOf("BTC")).toBeNull();
    expect(exposuresOf("BTC -1")).toBeNull();
    expect(exposuresOf("BTC 1 2")).toBeNull();
  });
});
