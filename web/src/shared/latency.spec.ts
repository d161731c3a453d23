import { describe, expect, it } from "vitest";
import { hopsOver, spanText } from "@/shared/latency";

const at = (ms: number): string => new Date(1_000_000 + ms).toISOString();
const station = (name: string, ms: number | null, isMarket = false) => ({ name, note: "", at: ms === null ? null : at(ms), isMarket });

describe("hops", () => {
  it("lead from each station that was reached to the next", () => {
    const hops = hopsOver([station("seen", 0), station("skipped", null), station("done", 30)]);
    expect(hops.map(({ name, tookMs }) => [name, tookMs])).toEqual([
      ["seen", null],
      ["done", 30],
    ]);
  });

  it("tell no latency that can't be one: backwards, or from a market whose clock is another", () => {
    expect(hopsOver([station("seen", 10), station("done", 0)])[1]?.tookMs).toBeNull();
    expect(hopsOver([station("seen", 0, true), station("done", 90_000)])[1]?.tookMs).toBeNull();
    expect(hopsOver([station("seen", 0), station("done", 90_000)])[1]?.tookMs).toBe(90_000);
  });

  it("are written as people read spans", () => {
    expect([null, 85.4, 1240, 200_000].map(spanText)).toEqual(["—", "85 ms", "1.24 s", "3 min 20 s"]);
  });
});
