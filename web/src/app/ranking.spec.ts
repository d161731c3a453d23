import { describe, expect, it } from "vitest";
import { rank } from "@/app/ranking";

const items = ["Portfolio", "Ledger", "Accounts", "Ledger of Long hold", "Mask amounts", "Sign out"].map((name) => ({ name }));
const found = (query: string) => rank(query, items).map(({ name }) => name);

describe("the palette", () => {
  it("finds by beginnings, words and letters, best first", () => {
    expect(found("led")).toEqual(["Ledger", "Ledger of Long hold"]);
    expect(found("lo ho")).toEqual(["Ledger of Long hold"]);
    expect(found("mka")).toEqual(["Mask amounts"]);
    expect(found("zzz")).toEqual([]);
  });

  it("shows everything while nothing is typed", () => {
    expect(found(" ")).toHaveLength(items.length);
  });
});
