import { describe, expect, it } from "vitest";
import { fillsToTell } from "@/core/ledger_news";
import { decimal } from "@/shared/decimals";

const trade = (amount: string, kind = "trade") => ({
  entry_id: "e",
  kind,
  instrument: "BINANCE:XRP/ETH",
  occurred_at: "2026-11-20T12:00:00Z",
  legs: [{ role: "base", asset: "XRP", amount: decimal(amount) }],
});

describe("news of the ledger", () => {
  it("tells fills in words without amounts", () => {
    expect(fillsToTell({ account_id: "a", count: 2, entries: [trade("-7319.25"), trade("4462")] })).toEqual(["Sold XRP on XRP/ETH", "Bought XRP on XRP/ETH"]);
  });

  it("is quiet about imports and other entries", () => {
    expect(fillsToTell({ account_id: "a", count: 1000, entries: [trade("1")] })).toEqual([]);
    expect(fillsToTell({ account_id: "a", count: 0, entries: [] })).toEqual([]);
    expect(fillsToTell({ account_id: "a", count: 1, entries: [trade("1", "deposit")] })).toEqual([]);
  });
});
