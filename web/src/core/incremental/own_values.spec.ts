import { describe, expect, it } from "vitest";
import told from "@/core/incremental/analyser_values.json";
import { BarIndex } from "@/core/incremental/bar_index";
import { ownStudy } from "@/core/incremental/own_functions";
import { OwnValues, type TimedBar } from "@/core/incremental/own_values";
import type { Indicator } from "@/core/indicators";

const FUNCTIONS = told.functions as readonly Indicator[];
const CHART = { series: "BINANCE:BTC/USDT", resolution: "1m" };
const INDEX = new BarIndex("1m");
const VALUES = Object.entries(told.values as Record<string, (number | null)[]>);

/** The walk that `tests/unit/indicators/browser_values.py` makes. */
function walk(): TimedBar[] {
  const bars: TimedBar[] = [];
  let [number, cents] = [1, 500_000];
  for (let place = 0; place < told.count; place += 1) {
    const drawn = [0, 1, 2].map(() => {
      number = (number * 69_069 + 1) % 2 ** 31;
      return Math.floor(number / 1000);
    });
    const [opened, isFlat] = [cents, place % 1000 > 940];
    const part = (at: number, of: number) => (drawn[at] ?? 0) % of;
    cents += isFlat ? 0 : part(0, 401) - 200;
    const high = Math.max(opened, cents) + (isFlat ? 0 : part(1, 90));
    const low = Math.min(opened, cents) - (isFlat ? 0 : part(2, 90));
    const rest = { open: opened / 100, high: high / 100, low: low / 100, close: cents / 100, volume: part(1, 1000) / 10 };
    if (place % 97 !== 96) bars.push({ timestamp: INDEX.startOf(told.first + place), ...rest });
  }
  return bars;
}

const BARS = walk();
const COUNT_OF_WARM_UP = 2_048;

/** Each told line, with the function it is a line of and its number among that one's. */
const LINES = VALUES.map(([text, values]) => {
  const [call = "", output] = text.split(/\.(?=[a-z]+$)/);
  const outputs = FUNCTIONS.find(({ name }) => name === call.slice(0, call.indexOf("(")))?.outputs ?? [];
  return { text, call, values, line: output ? outputs.findIndex(({ name }) => name === output) : 0 };
});

const near = (value: number, known: number | null) => (known === null ? Number.isNaN(value) : Math.abs(value - known) <= 1e-9 * Math.max(Math.abs(known), 1e-3));
const places = told.places.map((place, at) => ({ at, start: INDEX.startOf(told.first + place) }));

/** What differs from what the analyser told, from an instant on. */
function differing(values: OwnValues, line: number, known: readonly (number | null)[], since = 0) {
  return places.filter(({ at, start }) => start >= since && !near(values.at(line, start), known[at] ?? null)).map(({ at, start }) => [at, values.at(line, start), known[at]]);
}

function valuesOf(call: string): OwnValues {
  const make = ownStudy(call, CHART, FUNCTIONS);
  if (!make) throw new Error(`${call} is left to the desk`);
  return new OwnValues(INDEX, [make]);
}

describe("values of own studies", () => {
  // The warm-up of the first era would begin before the first bar: nothing is there, so all of it is known.
  it.each(LINES)("are the analyser's at every closed bar and at the one that forms: $text", ({ call, line, values: known }) => {
    const own = valuesOf(call);
    own.begin(BARS.slice(0, 3_000), Number.NEGATIVE_INFINITY);
    BARS.slice(3_000, -1).forEach((bar) => own.add(bar));
    const last = BARS.at(-1)!;
    own.peek({ ...last, close: last.close * 2, high: last.high * 3, volume: 7 });
    own.peek(last);
    const inLaterEras = INDEX.startOf(told.first + 100 + COUNT_OF_WARM_UP);
    expect(differing(own, line, known, inLaterEras)).toEqual([]);
    expect(differing(own, line, known)).toEqual([]);
  });

  it("are not told where bars before them are not known", () => {
    const own = valuesOf("SMA(series,resolution,3)");
    own.begin(BARS.slice(500), INDEX.at(BARS[500]!.timestamp));
    const turn = INDEX.nextEra(INDEX.at(BARS[500]!.timestamp) + COUNT_OF_WARM_UP);
    expect(own.at(0, INDEX.startOf(turn - 1))).toBeNaN();
    expect(own.at(0, INDEX.startOf(turn))).not.toBeNaN();
  });

  it("are none before the first bar and after the one that forms", () => {
    const own = valuesOf("OBV(series,resolution)");
    expect(own.at(0, BARS[0]!.timestamp)).toBeNaN();
    own.begin(BARS.slice(0, 3), Number.NEGATIVE_INFINITY);
    own.peek(BARS[3]!);
    expect([-1, 0, 3, 4].map((place) => Number.isNaN(own.at(0, INDEX.startOf(told.first + place))))).toEqual([true, false, false, true]);
  });
});

describe("own studies", () => {
  it.each([
    "SMA(BINANCE:ETH/USDT,1m,3)",
    "SMA(series,1h,3)",
    "SMA(series,resolution,timeperiod=3)",
    "SMA(series,resolution,0)",
    "SMA(series,resolution,2.5)",
    "SMA(series,resolution,3,4)",
    "SMA(close(series,resolution)*2,3)",
    "SMA(series,resolution,3)+1",
    "BBANDS(series,resolution,20,2,2,KAMA)",
    "STOCH(series,resolution,5,3,T3,3,SMA)",
    "MACD(series,resolution).macd",
    "HMA(series,resolution,9)",
  ])("leave %s to the desk", (text) => expect(ownStudy(text, CHART, FUNCTIONS)).toBeNull());

  it.each(["sma( series, resolution, 3 )", "SMA(BINANCE:BTC/USDT,1m)", "STOCH(series,resolution,5,3,EMA)"])("are %s", (text) => expect(ownStudy(text, CHART, FUNCTIONS)).not.toBeNull());
});

describe("bars counted since 1970", () => {
  it.each([
    ["1m", "2026-03-02T12:34:00Z"],
    ["4h", "2026-03-02T12:00:00Z"],
    ["1d", "1969-12-31T00:00:00Z"],
    ["1w", "2026-03-02T00:00:00Z"],
    ["1M", "2026-03-01T00:00:00Z"],
    ["1M", "1969-02-01T00:00:00Z"],
  ])("of %s begin where they should: %s", (resolution, start) => {
    const index = new BarIndex(resolution);
    const at = Date.parse(start);
    expect(index.startOf(index.at(at))).toBe(at);
    expect(index.at(at - 1)).toBe(index.at(at) - 1);
  });

  it("are of eras as the desk has them", () => {
    expect([0, 4_095, 4_096, -1].map((index) => INDEX.eraOf(index))).toEqual([0, 0, 4_096, -4_096]);
    expect([INDEX.firstNeeded(5_000), INDEX.nextEra(5_000), new BarIndex("1d").firstNeeded(5)]).toEqual([2_048, 8_192, Number.NEGATIVE_INFINITY]);
  });
});
