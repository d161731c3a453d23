import { describe, expect, it } from "vitest";
import { doubtsOf, isUnpriced, isUnproven, rowsOf } from "@/features/portfolio/rows";
import { totalGain } from "@/core/totals";
import { wholeOf } from "@/core/live/portfolio_merge";
import * as fixtures from "@/testing/fixtures";

const portfolio = () => {
  const { accounts, ...delta } = wholeOf(fixtures.portfolio());
  return { ...delta, accounts: [...accounts] };
};

describe("the portfolio's rows", () => {
  it("tell unpriced and unproven from zero", () => {
    const rows = rowsOf(portfolio(), portfolio(), "assets", {});
    expect(rows.map((row) => [row.asset, isUnpriced(row), isUnproven(row)])).toEqual([
      ["XRP", false, false],
      ["DOGE", false, true],
      ["WXMR", true, false],
    ]);
    expect(rows[2]?.value).toBeNull();
  });

  it("say whose price nobody confirms", () => {
    const told = [["one_source", 1], ["agreed", 3], [null, null]] as const;
    const assets = portfolio().assets.map((asset, at) => ({ ...asset, price_verdict: told[at]?.[0], price_sources: told[at]?.[1] }));
    const rows = rowsOf({ ...portfolio(), assets }, portfolio(), "assets", {});
    expect(rows.map(({ priceDoubt, priceSources }) => [priceDoubt, priceSources])).toEqual([["one source", 1], [null, 3], [null, 0]]);
    expect(rows.map((row) => doubtsOf(row).includes("price: one source"))).toEqual([true, false, false]);
  });

  it("mark an asset whose holding is being folded again", () => {
    expect(rowsOf(portfolio(), portfolio(), "assets", {}).map(({ stale }) => stale)).toEqual([true, false, false]);
  });

  it("narrow to an account or an asset", () => {
    expect(rowsOf(portfolio(), portfolio(), "holdings", { account: "another" })).toEqual([]);
    expect(rowsOf(portfolio(), portfolio(), "holdings", { asset: "XRP" })[0]?.account?.label).toBe("Long hold");
  });

  it("total only what has a price and a proven cost", () => {
    // 1196.8954462 of a cost of 7319.25 * 0.4462.
    expect(totalGain(portfolio().assets)).toEqual({ pnl: "1196.8954462", percent: "36.65" });
  });
});
