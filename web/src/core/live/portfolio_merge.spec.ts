import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Portfolio } from "@/core/contracts";
import { PortfolioTable } from "@/core/live/portfolio_merge";
import type { PortfolioChange } from "@/core/live/shapes";
import { portfolio } from "@/testing/fixtures";
import { decimal } from "@/shared/decimals";

const BASE = portfolio();
const XRP = BASE.assets[0]!;

const change = (number: number, whole: boolean, assets: Portfolio["assets"]): PortfolioChange => ({ ...BASE, accounts: [], holdings: [], rates: [], assets, number, whole });

describe("a portfolio's table", () => {
  it("takes nothing but a whole to begin with, and after a restart", () => {
    const table = new PortfolioTable();
    expect(table.offer(change(5, false, []))).toBe("gap");
    expect(table.offer(change(5, true, []))).toBe("taken");
    expect(table.offer(change(6, false, []))).toBe("taken");
    expect(table.offer(change(6, false, []))).toBe("old");
    expect(table.offer(change(8, false, []))).toBe("gap");
    table.restart();
    expect(table.offer(change(7, false, []))).toBe("gap");
  });

  it("tells nothing when nothing came", () => {
    const table = new PortfolioTable();
    expect(table.take()).toBeNull();
    table.offer(change(1, true, [XRP]));
    expect(table.take()?.whole).toBe(true);
    expect(table.take()).toBeNull();
  });

  it("adds up to the last value of each row, however changes are batched", () => {
    const step = fc.record({ asset: fc.constantFrom("A", "B", "C"), value: fc.integer({ min: 1, max: 999 }), isTaken: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const table = new PortfolioTable();
        const [wanted, seen] = [new Map<string, string>(), new Map<string, string | null>()];
        const take = () => {
          for (const { asset, value } of table.take()?.assets ?? []) seen.set(asset, value);
        };
        table.offer(change(0, true, []));
        steps.forEach(({ asset, value, isTaken }, at) => {
          wanted.set(asset, value.toString());
          table.offer(change(at + 1, false, [{ ...XRP, asset, value: decimal(value.toString()) }]));
          if (isTaken) take();
        });
        take();
        expect([...seen].sort()).toEqual([...wanted].sort());
      }),
    );
  });
});
