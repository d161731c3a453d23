import { describe, expect, it } from "vitest";
import { barText, changeText, placesOf, volumeText } from "@/charts/barFigures";
import { legendOf } from "@/charts/Legend";
import { correct } from "@/charts/correct";

describe("a bar's figures", () => {
  it("have as many decimals as the price deserves", () => {
    expect([63250.12, 148.02, 0.5214, 0.0000102, 0].map(placesOf)).toEqual([2, 3, 6, 8, 2]);
    expect(barText(63250.1, 2, "en")).toBe("63,250.10");
    expect([changeText(100, 97), changeText(100, 103), changeText(0, 1)]).toEqual(["−3.00 %", "+3.00 %", ""]);
    expect(volumeText(1_240_000, "en")).toBe("1.24M");
  });

  it("are hidden with the portfolio's amounts, their change is not", () => {
    const style = { isMasked: true, locale: "en", hasVolume: false, instant: () => "noon" };
    expect(legendOf([0, 100, 120, 90, 110, 0], style).map(([, text]) => text)).toEqual(["noon", "•••••", "•••••", "•••••", "•••••", "+10.00 %"]);
  });
});

describe("a corrected bar", () => {
  const bar = (timestamp: number, close: number) => ({ timestamp, open: 1, high: 1, low: 1, close });
  const drawn = () => [bar(1, 1), bar(2, 1), bar(4, 1)];

  it.each([
    [2, true, [1, 2, 4]],
    [3, true, [1, 2, 3, 4]],
    [0, true, [1, 2, 4]],
    [4, false, [1, 2, 4]],
    [5, false, [1, 2, 4]],
  ])("at %i is put in its place: %s", (timestamp, isOlder, starts) => {
    const bars = drawn();
    expect(correct(bars, bar(timestamp, 9))).toBe(isOlder);
    expect(bars.map((each) => each.timestamp)).toEqual(starts);
    if (isOlder && timestamp > 0) expect(bars.find((each) => each.timestamp === timestamp)?.close).toBe(9);
  });
});
