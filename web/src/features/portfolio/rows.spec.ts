import { describe, expect, it } from "vitest";
import { isUnpriced, isUnproven, rowsOf } from "@/features/portfolio/rows";
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
