/** A dot for the desk, the live connection and every venue, each with its age. */
import { useNow } from "@/core/clock";
import type { Account } from "@/core/contracts";
import { doubtOfFeed, type HeardFeed } from "@/core/feeds";
import { Age } from "@/core/Figures";
import { useAccounts, useHealth } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import type { LiveState } from "@/core/live/live";
import { Dot, type Tone } from "@/shared/Mark";
import styles from "./FeedHealth.module.css";

interface Feed {
  readonly name: string;
  readonly tone: Tone;
  readonly says: string;
  readonly at?: string | null;
}

const LIVE: Readonly<Record<LiveState, Omit<Feed, "name">>> = {
  idle: { tone: "plain", says: "not connected" },
  connecting: { tone: "warn", says: "connecting" },
  open: { tone: "good", says: "connected" },
  lost: { tone: "warn", says: "lost, connecting again; the page asks at intervals meanwhile" },
};

/** A venue's feed of prices where one is known, otherwise when its accounts last answered. */
function venueFeed(venue: string, feed: HeardFeed | undefined, accounts: readonly Account[], nowMs: number): Feed {
  const own = accounts.filter((account) => account.venue === venue);
  const failing = own.some(({ state }) => state === "failing");
  const suffix = failing ? "; an account fails" : "";
  if (feed) {
    const doubt = doubtOfFeed(feed, nowMs);
    const tone = doubt ? (feed.state === "stale" ? "warn" : "bad") : failing ? "warn" : "good";
    return { name: venue, tone, says: `${doubt ? doubt.why : "prices are live"}${suffix}`, at: feed.last_message_at };
  }
  const at = own.map(({ refreshed_at }) => refreshed_at).filter((instant) => instant !== null).sort().at(-1) ?? null;
  return { name: venue, tone: failing ? "bad" : at ? "good" : "plain", says: failing ? "an account fails" : "answers", at };
}

function useFeedList(): readonly Feed[] {
  const { live, feeds: watch } = useServices();
  const feeds = useStore(watch.store);
  const nowMs = useNow();
  const state = useStore(live.state);
  const health = useHealth().resource;
  const known = valueOf(health);
  const accounts = valueOf(useAccounts().resource) ?? [];
  const desk: Feed = {
    name: "Desk",
    tone: health.kind === "ready" && known?.status === "ok" ? "good" : health.kind === "loading" ? "plain" : "bad",
    says: known ? `${known.status}, version ${known.version}` : "not known",
  };
  const names = new Set([...accounts.filter(({ state: is }) => is !== "disconnected" && is !== "manual").map(({ venue }) => venue), ...feeds.keys()]);
  const venues = [...names].map((venue) => venueFeed(venue, feeds.get(venue), accounts, nowMs));
  return [desk, { name: "Live", ...LIVE[state], at: state === "lost" ? new Date(live.sinceMs).toISOString() : null }, ...venues];
}

/** With more feeds than this a healthy one is only its dot: what is wrong has to stand out. */
const WITH_NAMES = 4;

export function FeedHealth({ isNarrow }: { readonly isNarrow: boolean }) {
  const feeds = useFeedList();
  const isSilent = (tone: Tone) => isNarrow || (feeds.length > WITH_NAMES && tone === "good");
  return (
    <ul className={styles["feeds"]} aria-label="Health" data-testid="feed-status">
      {feeds.map(({ name, tone, says, at }) => (
        <li key={name} title={`${name}: ${says}`} data-feed={name.toLowerCase()} data-tone={tone}>
          <Dot tone={tone} />
          <span className={isSilent(tone) ? "hidden-text" : styles["name"]}>{name}</span>
          <span className="hidden-text">{says}</span>
          {at && <span className={isSilent(tone) ? "hidden-text" : undefined}><Age at={at} /></span>}
        </li>
      ))}
    </ul>
  );
}
