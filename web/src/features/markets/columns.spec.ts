import { describe, expect, it } from "vitest";
import type { MarketCap } from "@/core/reference_contracts";
import type { Ticker } from "@/core/tickers";
import { compactText, compareNumbers } from "@/features/markets/columns";
import { Facts, filterOf, fits, isOpenFilter, partsOf, patternOf } from "@/features/markets/facts";
import { decimal } from "@/shared/decimals";

const AT = "2026-11-20T12:00:00.000000Z";
const BTC: Ticker = { series: "BINANCE:BTC/USDT", last: decimal("110"), bid: null, ask: null, spread: null, atMs: 0, receivedAtMs: 0, direction: 0 };
const CAP = { asset: "BTC", rank: 1, market_cap: decimal("1830000000000") } as MarketCap;

const passes = (series: string, text: string, venue: string | null = null, quote: string | null = null) => fits(series, filterOf(venue, quote, text));

describe("the markets' filter", () => {
  it("wants every word, wherever it stands", () => {
    expect(passes("BINANCE:BTC/USDT", "usdt btc")).toBe(true);
    expect(passes("BINANCE:BTC/USDT", "binance")).toBe(true);
    expect(passes("BINANCE:BTC/USDT", "eur")).toBe(false);
    expect(passes("BINANCE:BTC/USDT", " ")).toBe(true);
  });

  it("wants the whole venue and quote", () => {
    expect(passes("KRAKEN:BTC/USD", "", "kraken", "USD")).toBe(true);
    expect(passes("KRAKEN:BTC/USDT", "", "kraken", "USD")).toBe(false);
    expect(passes("BINANCE:BTC/USD", "", "kraken")).toBe(false);
  });

  it("is a pattern of what is followed, as far as it names a venue or a quote", () => {
    expect(patternOf(filterOf("kraken", null, "btc"))).toBe("kraken.*.*");
    expect(patternOf(filterOf(null, "USDT", ""))).toBe("*.usdt.*");
    expect(patternOf(filterOf("htx", "BTC", ""))).toBe("htx.btc.*");
    expect(patternOf(filterOf(null, null, "btc"))).toBeNull();
    expect(patternOf(filterOf("htx", "A.B", ""))).toBeNull();
  });

  it("knows when it leaves everything", () => {
    expect(isOpenFilter(filterOf(null, null, "  "))).toBe(true);
    expect(isOpenFilter(filterOf("htx", null, ""))).toBe(false);
  });
});

describe("what is known of a market", () => {
  const facts = new Facts([{ series: BTC.series, since: AT, open: 100, volume: 12 }], [CAP, { ...CAP, asset: null, rank: 2 }]);

  it("is its change and volume against stored bars", () => {
    expect(facts.changeOf(BTC)).toBeCloseTo(10);
    expect(facts.volumeOf(BTC)).toBeCloseTo(1320);
    expect(facts.changeOf({ ...BTC, last: null })).toBeNull();
    expect(facts.changeOf({ ...BTC, series: "KRAKEN:BTC/USD" })).toBeNull();
  });

  it("is the listing of its base, at every venue", () => {
    expect(facts.capOf("KRAKEN:BTC/USD")?.rank).toBe(1);
    expect(facts.capOf("KRAKEN:ETH/BTC")).toBeNull();
  });

  it("is its name's parts", () => {
    expect(partsOf("HTX:ETH/BTC")).toMatchObject({ venue: "htx", market: "ETH/BTC", base: "ETH", quote: "BTC" });
  });
});

describe("columns of what is shown", () => {
  it("leave what is not known at the end, whichever way they are sorted", () => {
    const rows = [3, null, 1, 2];
    expect([...rows].sort((left, right) => compareNumbers(left, right))).toEqual([1, 2, 3, null]);
    expect([...rows].sort((left, right) => -compareNumbers(left, right, null, null, true))).toEqual([3, 2, 1, null]);
  });

  it("tell sizes shortly", () => {
    expect(compactText(1_830_000_000_000, "en")).toBe("1.83T");
  });
});
