import { describe, expect, it } from "vitest";
import { deskResolution, libraryResolution } from "@/core/datafeed/resolutions";

describe("resolutions", () => {
  it.each([
    ["1", "1m"],
    ["15", "15m"],
    ["60", "1h"],
    ["90", "90m"],
    ["240", "4h"],
    ["1D", "1d"],
    ["2W", "2w"],
    ["6M", "6M"],
  ])("%s is %s and back", (library, ours) => {
    expect(deskResolution(library)).toBe(ours);
    expect(libraryResolution(ours)).toBe(library);
  });

  it("need no number for one, and are refused where they can't be meant", () => {
    expect(["D", "W", "M"].map(deskResolution)).toEqual(["1d", "1w", "1M"]);
    for (const text of ["", "0", "1S", "-5", "D1", "1.5", "1000000"]) expect(() => deskResolution(text)).toThrow(RangeError);
  });
});
