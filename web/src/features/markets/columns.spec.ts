import { describe, expect, it } from "vitest";
import { fits } from "@/features/markets/columns";

describe("the markets' filter", () => {
  it("wants every word, wherever it stands", () => {
    expect(fits("BINANCE:BTC/USDT", "usdt btc")).toBe(true);
    expect(fits("BINANCE:BTC/USDT", "binance")).toBe(true);
    expect(fits("BINANCE:BTC/USDT", "eur")).toBe(false);
    expect(fits("BINANCE:BTC/USDT", "")).toBe(true);
  });
});
