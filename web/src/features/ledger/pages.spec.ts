import { describe, expect, it } from "vitest";
import { filterOf, withFilter } from "@/features/ledger/filter";
import { sidesOf, whatHappened } from "@/features/ledger/legs";
import { LedgerPages } from "@/features/ledger/pages";
import { decimal } from "@/shared/decimals";
import { entry } from "@/testing/fixtures";

/** A ledger of so many entries, two to a page. */
function ledgerOf(rows: number) {
  const asked: (string | null)[] = [];
  const read = (cursor: string | null) => {
    asked.push(cursor);
    const from = Number(cursor ?? rows);
    const items = [from, from - 1].filter((sequence) => sequence > 0).map((sequence) => entry(sequence));
    return Promise.resolve({ items, next_cursor: from - 2 > 0 ? `${from - 2}` : null });
  };
  return { asked, pages: new LedgerPages(read) };
}
const sequences = async (pages: LedgerPages, index: number) => (await pages.page(index)).items.map(({ sequence }) => sequence);

describe("the ledger's pages", () => {
  it("follow the cursors, each asked for once", async () => {
    const { asked, pages } = ledgerOf(5);
    expect([await sequences(pages, 0), await sequences(pages, 1), await sequences(pages, 2)]).toEqual([[5, 4], [3, 2], [1]]);
    expect(asked).toEqual([null, "3", "1"]);
  });

  it("come back after the table forgot them", async () => {
    const { pages } = ledgerOf(6);
    await pages.page(2);
    expect(await sequences(pages, 0)).toEqual([6, 5]);
    expect(await pages.page(2)).toMatchObject({ isLast: true });
  });

  it("end where the ledger ends", async () => {
    const { pages } = ledgerOf(3);
    expect(await pages.page(9)).toEqual({ items: [], isLast: true });
    expect(await ledgerOf(0).pages.page(0)).toEqual({ items: [], isLast: true });
  });
});

describe("the ledger's filter", () => {
  it("stands in the address and comes back from it", () => {
    const search = withFilter(withFilter(new URLSearchParams("verify=1"), "account", "a-1"), "instrument", " BINANCE:XRP/ETH ");
    expect(filterOf(search)).toEqual({ account_id: "a-1", instrument: "BINANCE:XRP/ETH" });
    expect(withFilter(search, "account", "").has("account")).toBe(false);
  });
});

describe("an entry", () => {
  it("says what happened", () => {
    expect(whatHappened(entry(1))).toBe("sell");
    expect(whatHappened({ kind: "trade", legs: [{ role: "base", asset: "XRP", amount: decimal("1") }] })).toBe("buy");
    expect(whatHappened({ kind: "realised_pnl", legs: [] })).toBe("realised pnl");
    expect(whatHappened({ kind: "deposit", legs: [{ role: "movement", asset: "XRP", amount: decimal("1") }] })).toBe("deposit");
  });

  it("has another side where an asset was converted or moved between wallets", () => {
    const legs = [
      { role: "movement", asset: "USDT", amount: decimal("-20") },
      { role: "movement", asset: "BNB", amount: decimal("0.06") },
    ];
    expect(sidesOf({ legs }).main?.asset).toBe("USDT");
    expect(sidesOf({ legs }).quote?.asset).toBe("BNB");
    expect(sidesOf({ legs: legs.slice(1) }).quote).toBeNull();
  });
});
