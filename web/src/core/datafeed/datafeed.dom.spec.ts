import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LibraryBar, LibraryDatafeed, Quote, SymbolInfo } from "@/core/datafeed/contract";
import { ownDatafeed } from "@/core/datafeed/own";
import { createDatafeed } from "@/core/datafeed/standalone";
import { desk } from "@/testing/desk";
import { makeTestServices } from "@/testing/page";
import { ScriptedSocket } from "@/testing/scripted_socket";

const NAME = "BINANCE:BTC/USDT";
const MINUTE = 60_000;
const START = Date.parse("2026-11-20T12:00:00Z");
const FEED = "*/api/v1/datafeed/udf";

type Row = [number, number, number, number, number, number];
const row = (index: number, close = 100 + index): Row => [START + index * MINUTE, 100, close + 1, 99, close, 1];
const info = { ticker: NAME } as SymbolInfo;
const symbol = {
  name: "BTC/USDT", ticker: NAME, description: "BTC/USDT at Binance", type: "crypto", session: "24x7", timezone: "Etc/UTC", exchange: "Binance", listed_exchange: "Binance",
  format: "price", minmov: 1, minmov2: 0, pricescale: 100, pointvalue: 1, has_intraday: true, has_daily: true, has_weekly_and_monthly: true,
  intraday_multipliers: ["1"], supported_resolutions: ["1", "1D"], visible_plots_set: "ohlcv", volume_precision: 8, currency_code: "USDT",
};

/** What is stored; every endpoint answers from it. */
let stored: Row[] = [];
const asked: URL[] = [];

const udfHistory = ({ request }: { request: Request }) => {
  const url = new URL(request.url);
  asked.push(url);
  const number = (name: string) => Number(url.searchParams.get(name)) * 1_000;
  const back = url.searchParams.get("countback");
  const before = stored.filter(([at]) => at < number("to"));
  const bars = back ? before.slice(-Number(back)) : before.filter(([at]) => at >= number("from"));
  if (url.searchParams.get("symbol") === "X") return HttpResponse.json({ s: "error", errmsg: "datafeed.symbol_malformed: X" });
  if (bars.length === 0) return HttpResponse.json({ s: "no_data", ...(before.length ? { nextTime: before.at(-1)![0] / 1_000 } : {}) });
  const column = (at: number) => bars.map((bar) => bar[at]);
  return HttpResponse.json({ s: "ok", t: bars.map(([at]) => at / 1_000), o: column(1), h: column(2), l: column(3), c: column(4), v: column(5) });
};
const candles = ({ request }: { request: Request }) => {
  const query = new URL(request.url).searchParams;
  const from = Number(query.get("from") ?? 0);
  return HttpResponse.json({ series: NAME, resolution: "1m", base: "USDT", items: stored.filter(([at]) => at >= from).slice(query.get("from") ? 0 : -Number(query.get("limit"))), next_from: null });
};

beforeEach(() => {
  stored = [row(0), row(1), row(2)];
  asked.length = 0;
  desk.use(
    http.get(`${FEED}/history`, udfHistory),
    http.get("*/api/v1/datafeed/:token/udf/history", udfHistory),
    http.get("*/api/v1/candles", candles),
    http.get(`${FEED}/symbols`, () => HttpResponse.json(symbol)),
    http.get(`${FEED}/time`, () => HttpResponse.json(1_700_000_000)),
    http.get(`${FEED}/search`, ({ request }) => HttpResponse.json([{ symbol: "BTC/USDT", full_name: NAME, description: new URL(request.url).search, exchange: "Binance", ticker: NAME, type: "crypto" }])),
    http.get(`${FEED}/marks`, () => HttpResponse.json({ id: ["a"], time: [START / 1_000], color: ["#fff"], text: ["Bought"], label: ["B"], labelFontColor: ["#000"], minSize: [14] })),
    http.get(`${FEED}/timescale_marks`, () => HttpResponse.json([{ id: "d", time: START / 1_000, color: "#fff", label: "D", tooltip: ["Deposited"] }])),
    http.get(`${FEED}/quotes`, ({ request }) => {
      const names = new URL(request.url).searchParams.get("symbols")!.split(",");
      return HttpResponse.json({ s: "ok", d: names.map((n) => (n === "X" ? { s: "error", n, v: {} } : { s: "ok", n, v: { lp: 5 } })) });
    }),
  );
});
afterEach(() => localStorage.clear());

async function opened() {
  localStorage.setItem("nightdesk.session", "1");
  const { services, sockets } = makeTestServices();
  await services.session.start();
  const socket = async (at: number, waiting = "candles") => {
    await vi.waitFor(() => expect(sockets[at]?.sent[0]?.type).toBe("connection_init"));
    sockets[at]!.acknowledge();
    await vi.waitFor(() => expect(sockets[at]?.idOf(waiting)).toBeDefined());
    return sockets[at]!;
  };
  return { feed: ownDatafeed(services), socket, sockets };
}

const pushed = (bar: Row) => {
  const [atMs, open, high, low, close, volume] = bar;
  return { candles: { series: NAME, resolution: "1m", atMs, open, high, low, close, volume, closed: false } };
};

const bars = (feed: LibraryDatafeed, more: Partial<{ from: number; to: number; countBack: number }> = {}, ticker = NAME) =>
  new Promise<{ bars: readonly LibraryBar[]; meta: unknown }>((resolve, reject) =>
    feed.getBars({ ticker } as SymbolInfo, "1", { from: 0, to: START / 1_000 + 3_600, countBack: 2, firstDataRequest: true, ...more }, (told, meta) => resolve({ bars: told, meta }), (reason) => reject(new Error(reason))),
  );

/** A subscription and what it was told, after the history that ends with the third bar. */
async function subscribed(feed: LibraryDatafeed) {
  await bars(feed);
  const ticks: LibraryBar[] = [];
  let resets = 0;
  feed.subscribeBars(info, "1", (bar) => ticks.push(bar), "one", () => (resets += 1));
  return { ticks, starts: () => ticks.map(({ time }) => (time - START) / MINUTE), resets: () => resets };
}

describe("the datafeed's history", () => {
  it("is counted back from the end and told in milliseconds", async () => {
    const { feed } = await opened();
    const told = await bars(feed);
    expect(told.bars).toEqual([row(1), row(2)].map(([time, open, high, low, close, volume]) => ({ time, open, high, low, close, volume })));
    expect(told.meta).toEqual({ noData: false });
    expect(asked.at(-1)?.searchParams.get("countback")).toBe("2");
  });

  it("ends where there is no data, and says why it refuses", async () => {
    const { feed } = await opened();
    expect(await bars(feed, { to: START / 1_000 })).toEqual({ bars: [], meta: { noData: true } });
    await expect(bars(feed, {}, "X")).rejects.toThrow("datafeed.symbol_malformed");
  });
});

describe("bars as they form", () => {
  it("follow the history, the last of it first", async () => {
    const { feed, socket } = await opened();
    const { starts, ticks, resets } = await subscribed(feed);
    const live = await socket(0);
    live.push(pushed(row(2, 555)));
    await vi.waitFor(() => expect(ticks.at(-1)?.close).toBe(555));
    live.push(pushed(row(3)));
    await vi.waitFor(() => expect(starts().at(-1)).toBe(3));
    expect(starts()).toEqual([...starts()].sort((one, other) => one - other));
    expect(resets()).toBe(0);
    feed.unsubscribeBars("one");
    await vi.waitFor(() => expect(live.idOf("candles")).toBeUndefined());
  });

  it("leave nothing out when the connection was lost, and have the cache read anew", async () => {
    const { feed, socket, sockets } = await opened();
    const { starts, resets } = await subscribed(feed);
    (await socket(0)).push(pushed(row(3)));
    await vi.waitFor(() => expect(starts().at(-1)).toBe(3));
    const before = starts().length;
    stored.push(row(3), row(4), row(5), row(6));
    sockets[0]!.breakOff();
    (await socket(1)).push(pushed(row(7)));
    await vi.waitFor(() => expect(starts().at(-1)).toBe(7));
    expect(starts().slice(before)).toEqual([3, 4, 5, 6, 7]);
    expect(resets()).toBe(1);
  });

  it("are never older than the last one: a correction of those has the cache read anew", async () => {
    const { feed, socket } = await opened();
    const { starts, resets } = await subscribed(feed);
    const live = await socket(0);
    live.push(pushed(row(4)));
    await vi.waitFor(() => expect(starts().at(-1)).toBe(4));
    const before = resets();
    live.push(pushed(row(1, 42)));
    await vi.waitFor(() => expect(resets()).toBe(before + 1));
    expect(starts().at(-1)).toBe(4);
  });

  it("are asked for where their length is not pushed", async () => {
    const { feed } = await opened();
    const heard: number[] = [];
    const stop = feed.series(NAME, "3m").follow(row(2)[0], (news) => heard.push(...news.map(([at]) => (at - START) / MINUTE)));
    await vi.waitFor(() => expect(heard).toContain(2));
    stop();
  });
});

describe("what else a library asks", () => {
  it("is answered after the call has returned", async () => {
    const { feed } = await opened();
    let later = false;
    const asking = new Promise<SymbolInfo>((resolve, reject) => feed.resolveSymbol(NAME, (found) => (expect(later).toBe(true), resolve(found)), reject));
    later = true;
    expect((await asking).pricescale).toBe(100);
    const found = await new Promise<readonly { ticker: string; description: string }[]>((resolve) => feed.searchSymbols("btc", "BINANCE", "crypto", resolve));
    expect(found[0]?.description).toContain("exchange=BINANCE&type=crypto&limit=50");
    expect(await new Promise((resolve) => feed.getServerTime(resolve))).toBe(1_700_000_000);
    expect(await new Promise((resolve) => feed.getMarks(info, 0, 1, resolve, "1"))).toEqual([{ id: "a", time: START / 1_000, color: "#fff", text: "Bought", label: "B", labelFontColor: "#000", minSize: 14 }]);
    expect(await new Promise((resolve) => feed.getTimescaleMarks(info, 0.4, 1.2, resolve, "1"))).toHaveLength(1);
  });

  it("is tried again at the start, and refused in words", async () => {
    const { feed } = await opened();
    let attempts = 0;
    const config = { exchanges: [], symbols_types: [], supported_resolutions: ["1"], supports_marks: true, supports_timescale_marks: true, supports_time: true };
    desk.use(http.get(`${FEED}/config`, () => (++attempts === 1 ? new HttpResponse(null, { status: 503 }) : HttpResponse.json(config))));
    expect(await new Promise((resolve) => feed.onReady(resolve))).toEqual(config);
    desk.use(http.get(`${FEED}/symbols`, () => HttpResponse.json({ s: "error", errmsg: "datafeed.symbol_unknown: There is no series X." })));
    expect(await new Promise((resolve) => feed.resolveSymbol("X", () => resolve(""), resolve))).toContain("datafeed.symbol_unknown");
    desk.use(http.get(`${FEED}/marks`, () => new HttpResponse(null, { status: 503 })));
    expect(await new Promise((resolve) => feed.getMarks(info, 0, 1, resolve, "1"))).toEqual([]);
  });

  it("is quoted to every listener out of one request", async () => {
    const { feed } = await opened();
    const told = new Map<string, readonly Quote[]>();
    feed.subscribeQuotes([NAME], [], (quotes) => told.set("one", quotes), "one");
    feed.subscribeQuotes(["X"], [NAME], (quotes) => told.set("other", quotes), "other");
    await vi.waitFor(() => expect(told.size).toBe(2));
    expect(told.get("one")).toEqual([{ s: "ok", n: NAME, v: { lp: 5 } }]);
    expect(told.get("other")?.map(({ s }) => s)).toEqual(["error", "ok"]);
    feed.unsubscribeQuotes("one");
    feed.unsubscribeQuotes("other");
    expect(await new Promise((resolve) => feed.getQuotes([NAME], resolve, resolve))).toHaveLength(1);
  });
});

describe("the datafeed as a file of its own", () => {
  it("needs nothing but an address with a token, and asks again", async () => {
    const feed = createDatafeed({ url: `${location.origin}/api/v1/datafeed/secret/udf/`, pollMs: 10 });
    const { starts, resets } = await subscribed(feed);
    expect(asked[0]?.pathname).toBe("/api/v1/datafeed/secret/udf/history");
    stored.push(row(3), row(4), row(5), row(6));
    await vi.waitFor(() => expect(starts().at(-1)).toBe(6));
    expect(new Set(starts())).toEqual(new Set([2, 3, 4, 5, 6]));
    expect(resets()).toBeGreaterThan(0);
    feed.unsubscribeBars("one");
  });

  it("is pushed to with a session's token, which it shows to both", async () => {
    const sockets: ScriptedSocket[] = [];
    const options = { url: `${location.origin}/api/v1/datafeed/udf`, liveUrl: "ws://desk/graphql/live", webSocket: ScriptedSocket.collecting(sockets), accessToken: () => Promise.resolve("mine") };
    const feed = createDatafeed(options);
    const { starts } = await subscribed(feed);
    await vi.waitFor(() => expect(sockets[0]?.sent[0]).toEqual({ type: "connection_init", payload: { accessToken: "mine" } }));
    sockets[0]!.acknowledge();
    await vi.waitFor(() => expect(sockets[0]?.idOf("candles")).toBeDefined());
    sockets[0]!.push(pushed(row(3)));
    await vi.waitFor(() => expect(starts().at(-1)).toBe(3));
    feed.unsubscribeBars("one");
  });
});
