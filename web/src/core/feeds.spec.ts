import { describe, expect, it } from "vitest";
import { doubtOf, doubtOfFeed, type HeardFeed } from "@/core/feeds";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const feed = (more: Partial<HeardFeed> = {}): HeardFeed => ({ venue: "binance", state: "live", since: null, last_message_at: "2026-11-20T11:59:30Z", heardAtMs: NOW - 1_000, ...more });

describe("doubt about live values", () => {
  it("is there when the connection is lost, and not before it ever stood", () => {
    expect(doubtOf("lost", 5, [], NOW)?.sinceMs).toBe(5);
    for (const state of ["idle", "connecting", "open"] as const) expect(doubtOf(state, 5, [feed()], NOW)).toBeNull();
  });

  it("is there when a feed is stale, since its last message", () => {
    expect(doubtOf("open", 5, [feed(), feed({ state: "stale" })], NOW)).toEqual({ why: "binance's feed says nothing new", sinceMs: NOW - 30_000 });
    expect(doubtOfFeed(feed({ state: "down", last_message_at: null }), NOW)?.sinceMs).toBe(NOW - 1_000);
  });

  it("says what is wrong besides silence", () => {
    const why = doubtOfFeed(feed({ state: "stale", note: "its clock is 3600 s ahead of the other venues'" }), NOW)?.why;
    expect(why).toBe("binance is not to be relied on: its clock is 3600 s ahead of the other venues'");
  });

  it("is there when nobody speaks of a feed any more", () => {
    expect(doubtOfFeed(feed({ heardAtMs: NOW - 26_000 }), NOW)?.why).toContain("nothing is heard");
  });
});
