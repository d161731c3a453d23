/** How the venues' feeds are, and whether what the page shows still holds. */
import { useNow } from "@/core/clock";
import type { Live, LiveState } from "@/core/live/live";
import type { FeedStatus } from "@/core/live/shapes";
import { useServices } from "@/core/services";
import { Store, useStore } from "@/core/stores";

export interface HeardFeed extends FeedStatus {
  /** When the page heard of it, by its own clock. */
  readonly heardAtMs: number;
}

/** The desk tells of every feed at least every 10 s; after this its silence is a sign. */
const SILENT_MS = 25_000;

export class Feeds {
  readonly store = new Store<ReadonlyMap<string, HeardFeed>>(new Map());

  pushed(feeds: readonly FeedStatus[]): void {
    const known = new Map(this.store.value);
    for (const feed of feeds) known.set(feed.venue.toLowerCase(), { ...feed, heardAtMs: Date.now() });
    this.store.set(known);
  }

  clear(): void {
    this.store.set(new Map());
  }
}

/** Why live values are not to be relied on, and since when; null while they are. */
export interface Doubt {
  readonly why: string;
  readonly sinceMs: number;
}

const WORDS = { stale: "says nothing new", down: "is down" } as const;

export function doubtOfFeed(feed: HeardFeed, nowMs: number): Doubt | null {
  if (nowMs - feed.heardAtMs > SILENT_MS) return { why: `nothing is heard of ${feed.venue}'s feed`, sinceMs: feed.heardAtMs };
  if (feed.state === "live") return null;
  const since = feed.last_message_at ?? feed.since;
  return { why: feed.note ? `${feed.venue} is not to be relied on: ${feed.note}` : `${feed.venue}'s feed ${WORDS[feed.state]}`, sinceMs: since === null ? feed.heardAtMs : Date.parse(since) };
}

export function doubtOf(state: LiveState, sinceMs: number, feeds: Iterable<HeardFeed>, nowMs: number): Doubt | null {
  if (state === "lost") return { why: "the live connection is lost, connecting again", sinceMs };
  if (state !== "open") return null;
  const doubts = [...feeds].flatMap((feed) => doubtOfFeed(feed, nowMs) ?? []);
  return doubts.sort((left, right) => left.sinceMs - right.sinceMs)[0] ?? null;
}

/** The doubt about one venue's values, outside of drawing. */
export function venueDoubt(live: Live, feeds: Feeds, venue: string, nowMs: number): Doubt | null {
  const feed = feeds.store.value.get(venue);
  return doubtOf(live.state.value, live.sinceMs, feed ? [feed] : [], nowMs);
}

/** The doubt about live values: of one venue, or of any. */
export function useDoubt(venue?: string): Doubt | null {
  const { live, feeds } = useServices();
  const state = useStore(live.state);
  const known = useStore(feeds.store);
  const nowMs = useNow();
  const own = venue === undefined ? [...known.values()] : [known.get(venue)].filter((feed) => feed !== undefined);
  return doubtOf(state, live.sinceMs, own, nowMs);
}
