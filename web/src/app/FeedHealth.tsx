/** A dot for the desk, the live connection and every venue, each with its age. */
import { Age } from "@/core/Figures";
import { useAccounts, useHealth } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import type { LiveState } from "@/core/live";
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

function useFeeds(): readonly Feed[] {
  const { live } = useServices();
  const state = useStore(live.state);
  const health = useHealth().resource;
  const known = valueOf(health);
  const accounts = valueOf(useAccounts().resource) ?? [];
  const desk: Feed = {
    name: "Desk",
    tone: health.kind === "ready" && known?.status === "ok" ? "good" : health.kind === "loading" ? "plain" : "bad",
    says: known ? `${known.status}, version ${known.version}` : "not known",
  };
  const venues = [...new Set(accounts.filter(({ state: is }) => is !== "disconnected").map(({ venue }) => venue))].map((venue): Feed => {
    const own = accounts.filter((account) => account.venue === venue);
    const at = own.map(({ refreshed_at }) => refreshed_at).filter((instant) => instant !== null).sort().at(-1) ?? null;
    const failing = own.some(({ state: is }) => is === "failing");
    return { name: venue, tone: failing ? "bad" : at ? "good" : "plain", says: failing ? "an account fails" : "answers", at };
  });
  return [desk, { name: "Live", ...LIVE[state] }, ...venues];
}

export function FeedHealth({ isNarrow }: { readonly isNarrow: boolean }) {
  return (
    <ul className={styles["feeds"]} aria-label="Health">
      {useFeeds().map(({ name, tone, says, at }) => (
        <li key={name} title={`${name}: ${says}`}>
          <Dot tone={tone} />
          <span className={isNarrow ? "hidden-text" : styles["name"]}>{name}</span>
          <span className="hidden-text">{says}</span>
          {at && !isNarrow && <Age at={at} />}
        </li>
      ))}
    </ul>
  );
}
