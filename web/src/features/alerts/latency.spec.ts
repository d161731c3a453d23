import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { hopsOf, percentile, tookMs } from "@/features/alerts/latency";
import { alert, delivery } from "@/features/alerts/testing";

describe("the flight recorder", () => {
  it("names every hop with what it took", () => {
    const hops = hopsOf(alert(), delivery());
    expect(hops.map(({ name, tookMs: took }) => [name, took])).toEqual([
      ["Venue", null],
      ["Received", 20],
      ["Evaluated", 5],
      ["Raised", 5],
      ["Queued", 0],
      ["Taken", 30],
      ["Sent", 10],
      ["Delivered", 40],
    ]);
    expect(tookMs(alert(), delivery())).toBe(80);
  });

  it("takes no latency from a venue whose clock is a replay's", () => {
    const hops = hopsOf(alert({ venue_at: "2020-03-12T10:00:00.000000Z" }), delivery());
    expect(hops[1]).toMatchObject({ name: "Received", tookMs: null });
  });

  it("goes as far as the alert got", () => {
    const waiting = delivery({ state: "waiting", taken_at: null, sent_at: null, delivered_at: null });
    expect(hopsOf(alert(), waiting).at(-1)?.name).toBe("Queued");
    expect(tookMs(alert(), waiting)).toBeNull();
    expect(tookMs(alert(), delivery({ way: "digest" }))).toBeNull();
  });

  it("gives percentiles that are among the values", () => {
    expect(percentile([], 0.5)).toBeNull();
    expect(percentile([3, 1, 2], 0.5)).toBe(2);
    expect(percentile([3, 1, 2], 0.95)).toBe(3);
    fc.assert(fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, ratio) => values.includes(percentile(values, ratio) ?? Number.NaN)));
  });
});
