import { afterEach, describe, expect, it, vi } from "vitest";
import { OwnStudies } from "@/core/incremental/own_studies";
import type { TimedBar } from "@/core/incremental/own_values";
import { SimpleMean } from "@/core/incremental/means";
import { MeanOfCloses } from "@/core/incremental/running";
import { Problem } from "@/core/problems";

const MINUTE_MS = 60_000;
const bar = (at: number, close = at): TimedBar => ({ timestamp: at * MINUTE_MS, open: close, high: close, low: close, close, volume: 1 });
const barsFrom = (first: number, end: number) => Array.from({ length: end - first }, (_, at) => bar(first + at));
const FIRST = 10_000; // its era begins at 8,192, and is warmed up from 6,144 on

type Read = (from: number | null, until: number) => Promise<readonly TimedBar[]>;

function made(bars: TimedBar[], read: Read, resolution = "1m") {
  const told = vi.fn();
  const problems: (string | null)[] = [];
  const studies = new OwnStudies({
    resolution,
    makers: [() => new MeanOfCloses(new SimpleMean(3))],
    bars: () => bars,
    read,
    onValues: told,
    onProblem: (problem) => problems.push(problem?.code ?? null),
  });
  const values = () => bars.map(({ timestamp }) => studies.at(0, timestamp));
  return { studies, told, problems, values };
}

const stored: Read = (from, until) => Promise.resolve(barsFrom((from ?? 0) / MINUTE_MS, until / MINUTE_MS));
const settled = () => vi.waitFor(() => Promise.resolve());

describe("own studies of a chart", () => {
  afterEach(() => vi.useRealTimers());

  it("tell nothing until what they are warmed up with is read", async () => {
    const read = vi.fn(stored);
    const bars = barsFrom(FIRST, FIRST + 4);
    const { studies, told, values } = made(bars, read);
    studies.changed();
    expect(values()).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    await settled();
    expect(read.mock.lastCall?.slice(0, 2)).toEqual([6_144 * MINUTE_MS, FIRST * MINUTE_MS]);
    expect(values()).toEqual([FIRST - 1, FIRST, FIRST + 1, FIRST + 2]);
    expect(told).toHaveBeenCalledTimes(2);
  });

  it("move with the bar that forms, and on when one closes, without anything being read or drawn anew", async () => {
    const read = vi.fn(stored);
    const bars = barsFrom(FIRST, FIRST + 4);
    const { studies, told, values } = made(bars, read);
    studies.changed();
    await settled();
    bars[3] = bar(FIRST + 3, FIRST + 6);
    studies.changed();
    expect(values()[3]).toBe(FIRST + 3);
    bars.push(bar(FIRST + 4));
    studies.changed();
    expect(values().slice(3)).toEqual([FIRST + 3, FIRST + 4]);
    expect([read.mock.calls.length, told.mock.calls.length]).toEqual([1, 2]);
  });

  it("begin anew where an older bar was corrected", async () => {
    const bars = barsFrom(FIRST, FIRST + 4);
    const { studies, values } = made(bars, stored);
    studies.changed();
    await settled();
    bars[1] = bar(FIRST + 1, FIRST + 4);
    studies.changed(true);
    expect(values()).toEqual([FIRST - 1, FIRST + 1, FIRST + 2, FIRST + 3]);
  });

  it("read the era before when one scrolls into it", async () => {
    const read = vi.fn(stored);
    const bars = barsFrom(FIRST, FIRST + 4);
    const { studies, values } = made(bars, read);
    studies.changed();
    await settled();
    bars.unshift(...barsFrom(9_000, FIRST));
    studies.changed();
    await settled();
    expect(read).toHaveBeenCalledTimes(1);
    bars.unshift(...barsFrom(8_000, 9_000));
    studies.changed();
    await settled();
    expect(read.mock.lastCall?.slice(0, 2)).toEqual([2_048 * MINUTE_MS, 6_144 * MINUTE_MS]);
    expect(values()).toEqual(bars.map(({ close }) => close - 1));
  });

  it("of days are warmed up from the very first on", async () => {
    const DAY = 1_440;
    const days = [3, 4, 5].map((day) => bar(day * DAY, day));
    const read = vi.fn<Read>(() => Promise.resolve([1, 2].map((day) => bar(day * DAY, day))));
    const { studies, values } = made(days, read, "1d");
    studies.changed();
    await settled();
    expect(read.mock.lastCall?.slice(0, 2)).toEqual([null, 3 * DAY * MINUTE_MS]);
    expect(values()).toEqual([2, 3, 4]);
  });

  it("try again after an outage, and not after a refusal", async () => {
    vi.useFakeTimers();
    const outage = new Problem({ code: "desk.away", detail: "", correlationId: "", status: 503 });
    const refusal = new Problem({ code: "candles.limit", detail: "", correlationId: "", status: 422 });
    const read = vi.fn(stored).mockRejectedValueOnce(outage);
    const { studies, problems, values } = made(barsFrom(FIRST, FIRST + 2), read);
    studies.changed();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(problems).toEqual(["desk.away", null]);
    expect(values()[0]).toBe(FIRST - 1);
    const refused = made(barsFrom(FIRST, FIRST + 2), read.mockRejectedValueOnce(refusal));
    refused.studies.changed();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([refused.problems, read.mock.calls.length]).toEqual([["candles.limit"], 3]);
  });

  it("say nothing after they were stopped", async () => {
    const { studies, told, problems } = made(barsFrom(FIRST, FIRST + 2), stored);
    studies.changed();
    studies.stop();
    studies.changed();
    await settled();
    expect([told.mock.calls.length, problems]).toEqual([1, []]);
  });
});
