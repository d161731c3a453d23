import { describe, expect, it } from "vitest";
import type { Alert } from "@/core/alerts_contracts";
import { hopsOfFiring, wholeOf } from "@/features/rules/hops";
import { at, chain, firing, judged } from "@/testing/rules_fixtures";

const raised = { alert_id: "a", raised_at: at(320), deliveries: [{ delivered_at: at(350) }, { delivered_at: at(420) }] } as unknown as Alert;

describe("a firing's hops", () => {
  it("follow each other from the breach to what was heard", () => {
    const hops = hopsOfFiring({ firing: firing(), chain: chain(), judged: [judged({ outcome: "fire" })], alerts: [raised] });
    expect(hops.map(({ name, tookMs }) => [name, tookMs])).toEqual([
      ["Breach", null],
      ["Candidate", 40],
      ["Decided", 60],
      ["Taken up", 30],
      ["Intent kept", 50],
      ["Order sent", 10],
      ["Venue answered", 50],
      ["Filled", 0],
      ["Done", 40],
      ["Alert raised", 20],
      ["First heard", 30],
      ["In the ledger", 50],
      ["Heard everywhere", 20],
    ]);
    expect(wholeOf(hops)).toEqual({ from: "Breach", to: "Heard everywhere", ms: 400 });
  });

  it("are few in shadow, and none is timed from a market whose clock is another", () => {
    expect(hopsOfFiring({ firing: firing({ mode: "shadow" }), chain: null, judged: [], alerts: [] }).map(({ name }) => name)).toEqual(["Breach", "Decided"]);
    const hops = hopsOfFiring({ firing: firing(), chain: chain({ seen_at: "2020-03-12T10:00:00Z", runs: [], taken_at: null, finished_at: null }), judged: [], alerts: [] });
    expect(hops.map(({ name, tookMs }) => [name, tookMs])).toEqual([
      ["Breach", null],
      ["Decided", null],
    ]);
    expect(wholeOf(hops)).toBeNull();
    const later = hopsOfFiring({ firing: firing(), chain: chain({ seen_at: "2020-03-12T10:00:00Z", runs: [], finished_at: null }), judged: [], alerts: [] });
    expect(wholeOf(later)).toEqual({ from: "Decided", to: "Taken up", ms: 30 });
  });
});
