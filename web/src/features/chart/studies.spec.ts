import { describe, expect, it } from "vitest";
import type { Indicator } from "@/core/indicators";
import { found } from "@/features/chart/FunctionList";
import { textOf } from "@/features/chart/IndicatorForm";
import { parametersOf } from "@/features/chart/OwnFormulas";

const of = (name: string, title: string, parameters: Indicator["parameters"] = []): Indicator => ({
  name,
  title,
  group: "Momentum Indicators",
  inputs: [],
  parameters,
  outputs: [],
  overlay: false,
  pattern: false,
});
const number = { whole: true, default: 14, lowest: 2, highest: 1000, choices: [] };
const BANDS = of("BBANDS", "Bollinger Bands", [
  { ...number, name: "timeperiod", default: 20 },
  { ...number, name: "matype", default: 0, choices: ["SMA", "EMA"] },
]);
const ALL = [of("STOCHRSI", "Stochastic Relative Strength Index"), of("RSI", "Relative Strength Index"), BANDS];

describe("choosing a function", () => {
  it("finds it by name, title or group, the one that is called so first", () => {
    expect(found(ALL, "rsi").map(({ name }) => name)).toEqual(["RSI", "STOCHRSI"]);
    expect(found(ALL, "boll").map(({ name }) => name)).toEqual(["BBANDS"]);
    expect(found(ALL, "momentum strength")).toHaveLength(2);
    expect(found(ALL, "")).toEqual(ALL);
    expect(found(ALL, "nothing")).toEqual([]);
  });

  it("is written with every parameter, choices by their names", () => {
    expect(textOf(BANDS, {})).toBe("BBANDS(series,resolution,20,SMA)");
    expect(textOf(BANDS, { timeperiod: 10, matype: 1 })).toBe("BBANDS(series,resolution,10,EMA)");
  });
});

it("reads a formula's parameters as they are typed", () => {
  expect(parametersOf(" fast=12, slow = 26.5 ,")).toEqual([
    { name: "fast", default: "12" },
    { name: "slow", default: "26.5" },
  ]);
  expect(parametersOf("")).toEqual([]);
});
