import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bar } from "@/core/contracts";
import { curveOf, type Fill, fillOf, fillsByMarket, firingOf, resultOf } from "@/features/rules/results";
import { trimmed } from "@/features/rules/spans";
import { compare, decimal, sign, sum } from "@/shared/decimals";
import { ACCOUNT_ID, entry } from "@/testing/fixtures";
import { at, MARKET } from "@/testing/rules_fixtures";
import { order } from "@/testing/trading_fixtures";

const leg = (asset: string, amount: string) => ({ role: "any", asset, amount: decimal(amount) });
const fill = (side: Fill["side"], base: string, quote: string, ms = 0): Fill => ({ entryId: `${side} ${ms}`, at: at(ms), side, base: decimal(base), quote: decimal(quote), otherFees: [] });

describe("fills", () => {
  it("count fees of the market's own assets in, and name others", () => {
    const bought = entry(1, { instrument: MARKET, legs: [leg("BTC", "1"), leg("USDT", "-100"), leg("BTC", "-0.001"), leg("BNB", "-0.02")] });
    expect(fillOf(bought)).toMatchObject({ side: "buy", base: "0.999", quote: "100", otherFees: [{ asset: "BNB", amount: "0.02" }] });
    expect(fillOf(entry(1, { instrument: null }))).toBeNull();
    expect(fillOf(entry(1, { instrument: MARKET, legs: [leg("BTC", "1")] }))).toBeNull();
  });

  it("are those of the orders that firings placed, by market, oldest first", () => {
    const legs = [leg("BTC", "1"), leg("USDT", "-100")];
    const entries = [2, 1].map((number) => entry(number, { instrument: MARKET, order_id: "v-1", occurred_at: at(number), legs }));
    const found = fillsByMarket([...entries, entry(3, { instrument: MARKET, order_id: "v-9", legs }), entry(4, { order_id: null })], [order({ venue_order_id: "v-1", account_id: ACCOUNT_ID })]);
    expect([...found].map(([market, fills]) => [market, fills.map(({ entryId }) => entryId)])).toEqual([[MARKET, ["entry-1", "entry-2"]]]);
    expect([firingOf({ reason: "firing:f-1" }), firingOf({ reason: "user:1" })]).toEqual(["f-1", null]);
  });
});

describe("a strategy's result", () => {
  it("settles sales by average cost of what it bought itself", () => {
    const result = resultOf(MARKET, [fill("buy", "1", "100"), fill("buy", "1", "200", 1), fill("sell", "1", "180", 2), fill("sell", "2", "300", 3), fill("sell", "1", "500", 4)]);
    expect(result.fills.map(({ gain }) => gain && trimmed(gain))).toEqual([null, null, "30", "0", null]);
    expect([result.realised, result.position, result.cost, result.capital].map(trimmed)).toEqual(["30", "0", "0", "300"]);
    expect(result).toMatchObject({ sales: 2, wins: 1, quoteAsset: "USDT" });
  });

  it("never costs less than nothing or more than what went in, and nothing when all is sold", () => {
    const amounts = fc.integer({ min: 1, max: 1_000_000 }).map((units) => decimal((units / 1000).toFixed(3)));
    const fills = fc.array(fc.record({ side: fc.constantFrom("buy" as const, "sell" as const), base: amounts, quote: amounts }), { maxLength: 20 });
    fc.assert(
      fc.property(fills, (made) => {
        const { position, cost, capital } = resultOf(MARKET, made.map(({ side, base, quote }, ms) => fill(side, base, quote, ms)));
        const bought = sum(made.filter(({ side }) => side === "buy").map(({ quote }) => quote));
        expect([sign(position), sign(cost), sign(capital)].every((each) => each >= 0)).toBe(true);
        expect(compare(cost, bought)).toBeLessThanOrEqual(0);
        if (sign(position) === 0) expect(sign(cost)).toBe(0);
      }),
    );
  });

  it("is drawn as what was put in and what was won with it, beside the market", () => {
    const bars: readonly Bar[] = [0, 1, 2, 3].map((hour) => [Date.parse(at(hour * 3_600_000)), 1, 1, 1, 100 + hour * 10, 0]);
    const result = resultOf(MARKET, [fill("buy", "1", "110", 1.5 * 3_600_000), fill("sell", "1", "130", 3.1 * 3_600_000)]);
    expect(curveOf(result, bars).values).toEqual([110, 110, 120, 130]);
    expect(curveOf(result, bars).hold).toEqual([110, 121, 132, 143]);
    expect(curveOf(result, []).values).toEqual([]);
  });
});
