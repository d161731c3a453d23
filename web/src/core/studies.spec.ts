import { afterEach, describe, expect, it, vi } from "vitest";
import type { TimedBar } from "@/core/incremental/own_values";
import type { Indicator, IndicatorHistory } from "@/core/indicators";
import { Problem } from "@/core/problems";
import { linesOf, type ReadHistory, studiesIn, StudyFeed, type StudyValues, titleOf, withStudies } from "@/core/studies";

const macd: Indicator = {
  name: "MACD",
  title: "Moving Average Convergence/Divergence",
  group: "Momentum Indicators",
  inputs: [{ name: "price", field: "close" }],
  parameters: [],
  outputs: [
    { name: "macd", style: "line" },
    { name: "macdhist", style: "histogram" },
  ],
  overlay: false,
  pattern: false,
};
const rsi: Indicator = { ...macd, name: "RSI", outputs: [{ name: "real", style: "line" }] };
const under = (text: string) => ({ place: "under", text }) as const;

describe("a study's lines", () => {
  it("are all outputs of a function", () => {
    expect(linesOf(under("MACD(series,resolution,12,26,9)"), [rsi, macd])).toEqual([
      { expression: "MACD(series,resolution,12,26,9).macd", name: "macd", style: "line" },
      { expression: "MACD(series,resolution,12,26,9).macdhist", name: "macdhist", style: "histogram" },
    ]);
    expect(linesOf(under("rsi(series,resolution,14)"), [rsi])).toEqual([{ expression: "rsi(series,resolution,14)", name: "rsi(14)", style: "line" }]);
  });

  it.each(["MACD(series,resolution).macd", "MACD(series,resolution) - MACD(series,resolution)", "(MACD(series,resolution)", "own(series,resolution)"])(
    "are one for %s",
    (text) => expect(linesOf(under(text), [macd]).map(({ expression }) => expression)).toEqual([text]),
  );

  it("are called without what the chart says already", () => {
    expect(titleOf("RSI(series,resolution,14) - 50")).toBe("RSI(14) - 50");
    expect(titleOf("OBV(series, resolution)")).toBe("OBV");
  });
});

describe("the address", () => {
  it("holds studies and keeps the rest", () => {
    const studies = [{ place: "over", text: "EMA(series,resolution,9)" } as const, under("a + b & c"), under("RSI(series,resolution)")];
    const search = withStudies(new URLSearchParams("series=BINANCE:BTC/USDT&over=old"), studies);
    expect(search.get("series")).toBe("BINANCE:BTC/USDT");
    expect(studiesIn(new URLSearchParams(search.toString()))).toEqual(studies);
  });
});

const bar = (timestamp: number, close = timestamp): TimedBar => ({ timestamp, open: 1, high: 9, low: 1, close, volume: 1 });
const answerTo = (from: number, bars: readonly TimedBar[]): IndicatorHistory => {
  const told = bars.filter(({ timestamp }) => timestamp >= from);
  return { starts: told.map(({ timestamp }) => timestamp), items: [{ expression: "e", text: "e", values: told.map(({ close }) => close) }] };
};

function makeFeed(read: ReadHistory, bars: TimedBar[]) {
  let values: StudyValues = new Map();
  const problems: (string | null)[] = [];
  const feed = new StudyFeed({
    series: "BINANCE:BTC/USDT",
    resolution: "1m",
    expressions: ["e"],
    read,
    bars: () => bars,
    onValues: (all) => (values = new Map(all)),
    onProblem: (problem) => problems.push(problem?.code ?? null),
  });
  return { feed, problems, closes: () => [...values].sort(([left], [right]) => left - right).map(([, [value]]) => value) };
}

describe("the values of studies", () => {
  afterEach(() => vi.useRealTimers());

  it("follow the bars: the newest as it forms, older ones as they are scrolled to", async () => {
    vi.useFakeTimers();
    const bars = [bar(10), bar(11)];
    const read = vi.fn<ReadHistory>((_, { from, to }) => Promise.resolve(answerTo(from, bars.filter(({ timestamp }) => timestamp < (to ?? 99)))));
    const { feed, closes } = makeFeed(read, bars);
    feed.changed();
    feed.changed();
    await vi.advanceTimersByTimeAsync(0);
    expect(closes()).toEqual([10, 11]);
    expect(read).toHaveBeenCalledTimes(1);
    expect(read.mock.lastCall?.[1]).toEqual({ series: "BINANCE:BTC/USDT", resolution: "1m", from: 10, forming: "11,1,9,1,11,1" });
    bars[1] = bar(11, 5);
    feed.changed();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(closes()).toEqual([10, 5]);
    bars.push(bar(12));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(read).toHaveBeenCalledTimes(3);
    expect(read.mock.lastCall?.[1].from).toBe(11);
    bars.unshift(bar(8), bar(9));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(read.mock.lastCall?.[1]).toMatchObject({ from: 8, to: 10 });
    expect(closes()).toEqual([8, 9, 10, 5, 12]);
    feed.stop();
    bars.push(bar(13));
    feed.changed();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(read).toHaveBeenCalledTimes(4);
  });

  it("try again after an outage and give up what is refused", async () => {
    vi.useFakeTimers();
    const thrown = [
      new Problem({ code: "network.unreachable", detail: "", correlationId: "" }),
      new Problem({ code: "indicators.syntax", detail: "", correlationId: "", status: 400 }),
    ];
    const read = vi.fn<ReadHistory>(() => Promise.reject(thrown.shift() ?? new Error("asked again")));
    const { feed, problems } = makeFeed(read, [bar(1)]);
    feed.changed();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(problems).toEqual(["network.unreachable", "indicators.syntax"]);
    await vi.advanceTimersByTimeAsync(60_000);
    feed.changed();
    expect(read).toHaveBeenCalledTimes(2);
  });

  it("wait for bars", () => {
    const read = vi.fn<ReadHistory>();
    makeFeed(read, []).feed.changed();
    expect(read).not.toHaveBeenCalled();
  });
});
