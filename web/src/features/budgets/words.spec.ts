import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressesOf, countsText, fillOf, meanText, secondsLeft, usedPercent, waitText } from "@/features/budgets/words";

describe("a budget's bar", () => {
  it("is never longer than the whole and says full only when nothing is left", () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 50_000 }), (used, allowed) => {
        const percent = usedPercent({ used, allowed });
        expect(percent).toBeGreaterThanOrEqual(0);
        expect(percent).toBeLessThanOrEqual(100);
        expect(fillOf(percent) === "full").toBe(used >= allowed);
      }),
    );
  });

  it("warns when it is nearly spent", () => {
    expect([89, 90, 100].map(fillOf)).toEqual(["free", "near", "full"]);
  });
});

describe("a window's end", () => {
  const [asOf, end] = ["2026-11-20T12:00:00.000Z", "2026-11-20T12:00:24.000Z"];

  it("is counted by the desk's clock, whatever the page's says", () => {
    expect(secondsLeft(end, asOf, 0)).toBe(24);
    expect(secondsLeft(end, asOf, 1_500)).toBe(23);
    expect(secondsLeft(end, asOf, -500)).toBe(24);
    expect(secondsLeft(end, asOf, 60_000)).toBe(0);
  });
});

describe("waits", () => {
  it("are known up to the end of their bucket", () => {
    expect(waitText(5, 9)).toBe("≤ 5 ms");
    expect(waitText(20_000, 9)).toBe("≤ 20 s");
    expect(waitText(null, 9)).toBe("> 60 s");
    expect(waitText(null, 0)).toBe("—");
  });

  it("have a mean in fitting units", () => {
    expect([null, 0.52, 900.25, 1_540].map(meanText)).toEqual(["—", "0.5 ms", "900 ms", "1.5 s"]);
  });
});

describe("addresses to allow", () => {
  it("are those of every way out that may come back, once each", () => {
    const egress = (address: string, state: "alive" | "banned" | "gone" = "alive") => ({ address, state });
    expect(addressesOf([egress("192.0.2.11"), egress("192.0.2.10", "banned"), egress("192.0.2.10"), egress("192.0.2.9", "gone")])).toEqual({
      known: ["192.0.2.10", "192.0.2.11"],
      isWhole: true,
    });
    expect(addressesOf([egress(""), egress("192.0.2.10")])).toEqual({ known: ["192.0.2.10"], isWhole: false });
  });
});

describe("refusals", () => {
  it("are told with the most frequent first", () => {
    expect(countsText({ banned: 1, no_room: 3, lost: 0 })).toBe("3 no room, 1 banned");
  });
});
