/** How each venue is heard, by its own stream. */
import { useNow } from "@/core/clock";
import { DoubtMark } from "@/core/DoubtMark";
import { doubtOfFeed, type HeardFeed, useDoubt } from "@/core/feeds";
import { Age } from "@/core/Figures";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { venueName } from "@/core/venue_names";
import { Mark } from "@/shared/Mark";
import { Empty, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./quality.module.css";

function Feed({ feed }: { readonly feed: HeardFeed }) {
  const doubt = doubtOfFeed(feed, useNow());
  return (
    <li data-testid="feed" data-state={feed.state}>
      <strong>{venueName(feed.venue)}</strong>
      <Mark tone={doubt ? (feed.state === "down" ? "bad" : "warn") : "good"} title={doubt?.why ?? "Its prices stream in"}>
        {doubt ? doubt.why : "live"}
      </Mark>
      <span className={styles["dim"]}>
        last message <Age at={feed.last_message_at} />
      </span>
    </li>
  );
}

export function FeedsPanel() {
  const { live, feeds } = useServices();
  const state = useStore(live.state);
  const known = [...useStore(feeds.store).values()].sort((left, right) => left.venue.localeCompare(right.venue));
  const doubt = useDoubt();
  return (
    <Panel title="Feeds" testId="quality-feeds" actions={state === "lost" ? <DoubtMark doubt={doubt} /> : null}>
      {known.length === 0 && (state === "open" ? <Empty title="No venue is heard">A feed shows here as soon as a streamer tells of it.</Empty> : <TableSkeleton rows={3} columns={3} />)}
      <ul className={`${styles["list"]} ${state === "lost" ? "quiet" : ""}`}>
        {known.map((feed) => (
          <Feed key={feed.venue} feed={feed} />
        ))}
      </ul>
    </Panel>
  );
}
