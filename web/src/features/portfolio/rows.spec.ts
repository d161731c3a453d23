import { describe, expect, it } from "vitest";
import { isUnpriced, isUnproven, rowsOf } from "@/features/portfolio/rows";
import { totalGain } from "@/core/totals";
import { portfolio } from "@/testing/fixtures";

describe("the portfolio's rows", () => {
  it("tell unpriced and unproven from zero", () => {
    const rows = rowsOf(portfolio(), "assets", {});
    expect(rows.map((row) => [row.asset, isUnpriced(row), isUnproven(row)])).toEqual([
      ["XRP", false, false],
      ["DOGE", false, true],
      ["WXMR", true, false],
    ]);
    expect(rows[2]?.value).toBeNull();
  });

  it("mark an asset whose holding is being folded again", () => {
    expect(rowsOf(portfolio(), "assets", {}).map(({ stale }) => stale)).toEqual([true, false, false]);
  });

  it("narrow to an account or an asset", () => {
    expect(rowsOf(portfolio(), "holdings", { account: "another" })).toEqual([]);
    expect(rowsOf(portfolio(), "holdings", { asset: "XRP" })[0]?.account?.label).toBe("Long hold");
  });

  it("total only what has a price and a proven cost", () => {
    // 1196.8954462 of a cost of 7319.25 * 0.4462.
    expect(totalGain(portfolio().assets)).toEqual({ pnl: "1196.8954462", percent: "36.65" });
  });
});
