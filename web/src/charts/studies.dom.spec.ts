import { expect, it, vi } from "vitest";
import { Reach, type View } from "@/charts/layers";
import { type DrawnStudy, studyLayer } from "@/charts/studies";
import { VOLUME } from "@/charts/volume";

const BARS = Array.from({ length: 50_000 }, (_, timestamp) => ({ timestamp, open: 1, high: 1, low: 1, close: timestamp % 2, volume: timestamp % 3 }));
const [FROM, TO] = [49_000, 49_010];

/** What a brush did, in short. */
function brush() {
  const done: string[] = [];
  const ctx = {
    beginPath: () => done.push("begin"),
    moveTo: (x: number, y: number) => done.push(`move ${x} ${y}`),
    lineTo: (x: number, y: number) => done.push(`line ${x} ${y}`),
    rect: (x: number, y: number, width: number, height: number) => done.push(`rect ${x} ${y} ${width} ${height}`),
    stroke: () => done.push("stroke"),
    fill: () => done.push("fill"),
    setLineDash: vi.fn(),
  };
  const view: View = { ctx: ctx as unknown as CanvasRenderingContext2D, bars: BARS, from: FROM, to: TO, width: 4, x: (index) => index - FROM, y: (value) => value };
  return { done, view };
}

const study = (read: DrawnStudy["read"], style: "line" | "histogram" = "line"): DrawnStudy => ({ place: "under", text: "e", title: "E", lines: [{ expression: "e", name: "e", style }], read });

it("draws what is in view as one path, from one bar before it to one after, broken where there is no value", () => {
  const { done, view } = brush();
  const read = vi.fn((_: number, start: number) => (start === FROM + 3 ? Number.NaN : start - FROM));
  studyLayer(study(read), 0, () => false).draw(view);
  expect(done.slice(0, 7)).toEqual(["begin", "move -1 -1", "line 0 0", "line 1 1", "line 2 2", "move 4 4", "line 5 5"]);
  expect(done.slice(-2)).toEqual(["line 10 10", "stroke"]);
  expect(read).toHaveBeenCalledTimes(12);
});

it("draws a histogram from zero, up and down", () => {
  const { done, view } = brush();
  studyLayer(study((_, start) => (start - FROM === 1 ? -5 : 7), "histogram"), 0, () => false).draw({ ...view, to: FROM + 2 });
  expect(done).toEqual(["begin", "rect -2 0 4 7", "rect -1 -5 4 5", "fill"]);
});

it("reaches as far as its values in view do", () => {
  const reach = new Reach();
  studyLayer(study((_, start) => (start < FROM ? 1e9 : start === FROM ? Number.NaN : start - FROM)), 0, () => false).reach?.(reach, { bars: BARS, from: FROM, to: TO });
  expect([reach.low, reach.high]).toEqual([1, 9]);
});

it("tells the bar's values, unless they are masked or there are none", () => {
  const texts = (isMasked: boolean, read: DrawnStudy["read"]) => studyLayer(study(read), 0, () => isMasked).legends?.(BARS, 2).map(({ value }) => (typeof value === "string" ? value : value.text));
  expect(texts(false, (_, start) => start + 0.5)).toEqual(["2.50000"]);
  expect(texts(true, () => 1)).toEqual(["•••••"]);
  expect(texts(false, () => Number.NaN)).toEqual(["—"]);
});

it("draws the volume of bars that rose and fell apart", () => {
  const { done, view } = brush();
  VOLUME.draw({ ...view, to: FROM + 4, y: (value) => 100 - value });
  expect(done.filter((each) => each === "fill")).toHaveLength(2);
  expect(done.filter((each) => each.startsWith("rect"))).toHaveLength(3);
});
