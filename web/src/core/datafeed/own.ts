/** The datafeed of the page itself: its session, its live connection. */
import { Datafeed } from "@/core/datafeed/datafeed";
import { DeskHistory, hearBarsOf, isPushed } from "@/core/datafeed/own_series";
import { polledBars } from "@/core/datafeed/polling";
import type { HearBars } from "@/core/datafeed/series";
import { type Ask, Udf } from "@/core/datafeed/udf";
import type { Desk } from "@/core/desk";
import type { Live } from "@/core/live/live";
import type { SessionKeeper } from "@/core/session";

export interface OwnServices {
  readonly session: SessionKeeper;
  readonly desk: Desk;
  readonly live: Live;
}

export function ownDatafeed({ session, desk, live }: OwnServices): Datafeed {
  const ask: Ask = (path, query, answer) => session.send({ path: `/datafeed/udf${path}`, query, answer });
  const history = new DeskHistory(desk);
  const [pushed, polled] = [hearBarsOf(live), polledBars(history)];
  const hear: HearBars = (series, resolution, onNews) => (isPushed(resolution) ? pushed : polled)(series, resolution, onNews);
  return new Datafeed({ udf: new Udf(ask), history, hear });
}
