import { describe, expect, it } from "vitest";
import { emptyContent } from "@/core/chart_book";
import { barAt, fillOf, fillsByBar } from "@/core/fills";
import { rangeIn, withContent } from "@/features/chart/useAddress";
import { readPoints, timeOf } from "@/features/chart/points_text";
import { decimal } from "@/shared/decimals";

describe("own points as lines", () => {
  it("reads times of several kinds, the zone's where they say none", () => {
    expect(timeOf("1772366400", "UTC")).toBe("2026-03-01T12:00:00.000Z");
    expect(timeOf("1772366400000", "UTC")).toBe("2026-03-01T12:00:00.000Z");
    expect(timeOf("2026-03-01 17:30", "Asia/Kolkata")).toBe("2026-03-01T12:00:00Z");
    expect(timeOf("2026-03-01T12:00:00+01:00", "Asia/Kolkata")).toBe("2026-03-01T11:00:00.000Z");
    expect(timeOf("yesterday", "UTC")).toBeNull();
  });

  it("leaves out a header and tells which lines are none", () => {
    const { points, refused } = readPoints('time,value,label\n2026-03-01,1.5,"low, again"\n2026-03-02;2\n2026-03-03,x\n\n2026-03-01,7,later', "UTC");
    expect(points).toEqual([
      { at: "2026-03-01T00:00:00Z", value: "7", label: "later" },
      { at: "2026-03-02T00:00:00Z", value: "2", label: "" },
    ]);
    expect(refused.map(({ line }) => line)).toEqual([4]);
  });
});

describe("fills on bars", () => {
  const bars = [{ timestamp: 0 }, { timestamp: 60 }, { timestamp: 120 }];
  const leg = (role: string, amount: string) => ({ role, asset: role, amount: decimal(amount) });

  it("are those of trades, with what was paid", () => {
    const entry = { kind: "trade", occurred_at: "1970-01-01T00:00:00.070Z", legs: [leg("base", "-0.5"), leg("quote", "100")] };
    expect(fillOf(entry)).toEqual({ atMs: 70, side: "sell", quantity: "0.5", value: "100" });
    expect(fillOf({ ...entry, kind: "deposit" })).toBeNull();
  });

  it("are added up exactly for each bar and side", () => {
    const fill = (atMs: number, side: "buy" | "sell", quantity: string, value: string) => ({ atMs, side, quantity: decimal(quantity), value: decimal(value) });
    const found = fillsByBar([fill(-1, "buy", "1", "1"), fill(61, "buy", "0.1", "10"), fill(119, "buy", "0.2", "26"), fill(119, "sell", "1", "5"), fill(500, "buy", "1", "3")], bars);
    expect(found.get(1)).toEqual([
      { side: "buy", count: 2, quantity: "0.3", value: "36", price: 120 },
      { side: "sell", count: 1, quantity: "1", value: "5", price: 5 },
    ]);
    expect([...found.keys()]).toEqual([1, 2]);
    expect(barAt(bars, 59)).toBe(0);
  });
});

it("fills an address that says nothing from the layout, and leaves alone what it says", () => {
  const content = { ...emptyContent("KRAKEN:ETH/EUR", "1h"), studies: [{ place: "under" as const, text: "RSI(series,resolution,14)" }], range: { from_ms: 1, to_ms: 2 } };
  expect(withContent(new URLSearchParams(), content).toString()).toBe("under=RSI%28series%2Cresolution%2C14%29&series=KRAKEN%3AETH%2FEUR&resolution=1h&range=1-2");
  const said = withContent(new URLSearchParams("series=BINANCE:BTC/USDT&over=SMA"), content);
  expect([said.get("series"), said.get("over"), said.get("under"), said.get("range")]).toEqual(["BINANCE:BTC/USDT", "SMA", null, null]);
  expect(rangeIn("5-9")).toEqual({ from_ms: 5, to_ms: 9 });
  expect(rangeIn("x")).toBeNull();
});
