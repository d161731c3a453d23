import { describe, expect, it } from "vitest";
import { spreadOf } from "@/core/live/ticker_table";
import { decimal } from "@/shared/decimals";

describe("a spread", () => {
  it("is in percent of the ask, exactly", () => {
    expect(spreadOf(decimal("99.9"), decimal("100"))).toBe("0.1000");
    expect(spreadOf(decimal("0.00001020"), decimal("0.00001021"))).toBe("0.0979");
  });

  it("is not there when a side is missing", () => {
    expect([spreadOf(null, decimal("1")), spreadOf(decimal("1"), null), spreadOf(decimal("0"), decimal("0"))]).toEqual(["", "", ""]);
  });
});
