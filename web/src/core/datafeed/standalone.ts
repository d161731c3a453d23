/**
 * The datafeed as a file of its own (`/datafeed/nightdesk-datafeed.js`), for a page that holds a licensed charting library.
 *
 * With a datafeed token the address is all that is needed, and bars are asked for every few seconds. With the access token
 * of a session they are pushed over the desk's live connection.
 */
import * as z from "zod/mini";
import type { Page } from "@/core/candles";
import type { Bar } from "@/core/contracts";
import type { LibraryBar, LibraryDatafeed } from "@/core/datafeed/contract";
import { Datafeed } from "@/core/datafeed/datafeed";
import { EngineLive } from "@/core/datafeed/engine_live";
import { hearBarsOf, isPushed } from "@/core/datafeed/own_series";
import { POLL_MS, polledBars } from "@/core/datafeed/polling";
import { libraryResolution } from "@/core/datafeed/resolutions";
import type { HearBars, History } from "@/core/datafeed/series";
import { type Ask, Udf } from "@/core/datafeed/udf";

z.config({ jitless: true });

export interface StandaloneOptions {
  /** `/api/v1/datafeed/<token>/udf`, or `/api/v1/datafeed/udf` together with `accessToken`. */
  readonly url: string;
  /** A session's token that holds; asked for before each request. */
  readonly accessToken?: () => Promise<string>;
  /** The live connection, by default that of this page's host; only with `accessToken`. */
  readonly liveUrl?: string;
  readonly pollMs?: number;
  readonly webSocket?: typeof WebSocket;
}

/** As many bars as the desk answers at once. */
const BARS_MAX = 5_000;
/** 2100: after every bar. */
const END_S = 4_102_444_800;

const barOf = ({ time, open, high, low, close, volume }: LibraryBar): Bar => [time, open, high, low, close, volume];

/** Bars by UDF, which counts back from an end. */
export class UdfHistory implements History {
  readonly #udf: Udf;

  constructor(udf: Udf) {
    this.#udf = udf;
  }

  async before(series: string, resolution: string, count: number, untilMs?: number): Promise<Page> {
    const to = untilMs === undefined ? END_S : Math.ceil(untilMs / 1_000);
    const { bars } = await this.#udf.history(series, libraryResolution(resolution), { from: 0, to, countback: count });
    return { bars: bars.map(barOf), base: "" };
  }

  async since(series: string, resolution: string, fromMs: number, signal: AbortSignal): Promise<readonly Bar[]> {
    const known: Bar[] = [];
    for (let to = END_S; ; ) {
      const range = { from: Math.floor(fromMs / 1_000), to };
      const { bars } = await this.#udf.history(series, libraryResolution(resolution), range);
      signal.throwIfAborted();
      known.unshift(...bars.map(barOf));
      const first = bars[0];
      if (!first || bars.length < BARS_MAX) return known;
      to = first.time / 1_000;
    }
  }
}

function askOver({ url, accessToken }: StandaloneOptions): Ask {
  return async (path, query, answer) => {
    const headers = accessToken ? { Authorization: `Bearer ${await accessToken()}` } : {};
    const response = await fetch(`${url.replace(/\/$/, "")}${path}?${new URLSearchParams(query).toString()}`, { headers });
    if (!response.ok) throw new Error(`The datafeed answered ${response.status}.`);
    return answer.parse(await response.json());
  };
}

const liveUrlOfPage = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql/live`;

function hearOf(options: StandaloneOptions, history: History): HearBars {
  const polled = polledBars(history, options.pollMs ?? POLL_MS);
  if (!options.accessToken) return polled;
  const socket = { url: options.liveUrl ?? liveUrlOfPage(), ...(options.webSocket ? { webSocket: options.webSocket } : {}) };
  const pushed = hearBarsOf(new EngineLive(socket, options.accessToken));
  return (series, resolution, onNews) => (isPushed(resolution) ? pushed : polled)(series, resolution, onNews);
}

/** What a charting library is given as its `datafeed`. */
export function createDatafeed(options: StandaloneOptions): LibraryDatafeed {
  const udf = new Udf(askOver(options));
  const history = new UdfHistory(udf);
  return new Datafeed({ udf, history, hear: hearOf(options, history), ...(options.pollMs === undefined ? {} : { quotesEveryMs: options.pollMs }) });
}
