/** The fake desk's websocket: every subscription of /graphql/live, with made-up news at a chosen pace. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import * as prices from "./prices";
import * as world from "./world";

const TICKS_PER_S = Number(process.env["FAKE_TICKS"] ?? 500);
const BATCH_MS = 100;

/** Set by POST /api/v1/dev: what is wrong with the feed. */
export const faults: { feed: "live" | "stale" | "down"; isMute: boolean; refuses: boolean } = { feed: "live", isMute: false, refuses: false };

const camel = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(camel);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase()), camel(inner)]));
};

type Push = (data: unknown) => void;

let lastMessageAt = new Date().toISOString();

function portfolio(push: Push): () => void {
  let number = 0;
  const send = (whole: boolean) => {
    if (faults.feed !== "live" && !whole) return;
    const { rates, ...now } = world.portfolio({});
    const some = <Row extends { asset: string }>(rows: readonly Row[]) => (whole ? rows : rows.filter(({ asset }, at) => at % 3 === number % 3 && asset !== "USDT"));
    const assets = some(now.assets).map((row) => ({ ...row, share_ratio: null }));
    const changed = { ...now, portfolio_id: undefined, assets, holdings: some(now.holdings), rates: Object.entries(rates).map(([asset, rate]) => ({ asset, rate })) };
    push(camel({ ...changed, number: ++number, whole }));
  };
  send(true);
  const timer = setInterval(() => send(false), 250);
  return () => clearInterval(timer);
}

function tickers(push: Push): () => void {
  push({ rows: prices.markets.map((market) => ({ ...prices.tick(market), bid: null, ask: null, receivedAt: null })) });
  push({ rows: prices.markets.map(prices.tick) });
  const perBatch = (TICKS_PER_S * BATCH_MS) / 1_000;
  const timer = setInterval(() => {
    if (faults.feed !== "live") return;
    lastMessageAt = new Date().toISOString();
    const chosen = new Set<prices.Market>(prices.markets.slice(0, 4));
    while (chosen.size < Math.min(perBatch, prices.markets.length)) {
      const market = prices.markets[Math.floor(Math.random() * prices.markets.length)];
      if (market) chosen.add(market);
    }
    push({ rows: [...chosen].map(prices.tick) });
  }, BATCH_MS);
  return () => clearInterval(timer);
}

export const priceOf = (series: string): number =>
  series.startsWith("PORTFOLIO:") ? Number(world.portfolio({}).total.value) : (prices.markets.find((market) => market.series === series)?.price ?? 0);

function candles(push: Push, { series, resolution }: Record<string, string>): () => void {
  const market = prices.markets.find((each) => each.series === series);
  const send = () => {
    if (faults.feed !== "live") return;
    if (market) prices.tick(market);
    const [atMs, open, high, low, close, volume] = prices.bar(series ?? "", resolution ?? "", Date.now(), priceOf(series ?? ""));
    push({ series, resolution, atMs, open, high, low, close, volume, closed: false });
  };
  send();
  const timer = setInterval(send, BATCH_MS);
  return () => clearInterval(timer);
}

function feeds(push: Push): () => void {
  const since = new Date().toISOString();
  const send = () => push({ venue: "binance", state: faults.feed, since, lastMessageAt: faults.feed === "live" ? new Date().toISOString() : lastMessageAt });
  send();
  const timer = setInterval(send, 1_000);
  return () => clearInterval(timer);
}

const fills = new Set<Push>();

/** A fill that was just recorded. */
export function fill(): void {
  world.grow();
  const { entry_id, kind, instrument, occurred_at, legs, account_id } = world.entry(world.ledger.rows);
  for (const push of fills) push(camel({ account_id, count: 1, entries: [{ entry_id, kind, instrument, occurred_at, legs }] }));
}

function ledgerRecorded(push: Push): () => void {
  fills.add(push);
  for (const { account_id } of world.accounts) push({ accountId: account_id, count: 0, entries: [] });
  return () => fills.delete(push);
}

function importProgress(push: Push): () => void {
  const timer = setInterval(() => {
    for (const { import: progress } of world.advance(0.5)) push(camel(progress));
  }, 500);
  return () => clearInterval(timer);
}

const TOPICS: Readonly<Record<string, (push: Push, variables: Record<string, string>) => () => void>> = { portfolio, tickers, candles, feeds, ledgerRecorded, importProgress };

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: { readonly query?: string; readonly variables?: Record<string, string> };
}

function serve(socket: WebSocket): void {
  const stops = new Map<string, () => void>();
  const say = (message: Record<string, unknown>) => {
    if (!faults.isMute) socket.send(JSON.stringify(message));
  };
  socket.on("message", (bytes) => {
    const { id = "", type, payload } = JSON.parse((bytes as Buffer).toString()) as Message;
    if (type === "connection_init") return faults.refuses ? socket.close(4403, "Forbidden") : say({ type: "connection_ack" });
    if (type === "ping") return say({ type: "pong" });
    if (type === "complete") return stops.get(id)?.();
    if (type !== "subscribe") return undefined;
    const name = /\{\s*(\w+)/.exec(payload?.query ?? "")?.[1] ?? "";
    const start = TOPICS[name];
    if (!start) return say({ id, type: "error", payload: [{ message: `Unknown field ${name}` }] });
    stops.set(id, start((data) => say({ id, type: "next", payload: { data: { [name]: data } } }), payload?.variables ?? {}));
    return undefined;
  });
  socket.on("close", () => {
    for (const stop of stops.values()) stop();
  });
}

const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "graphql-transport-ws" });
sockets.on("connection", serve);

/** Breaks every connection off. */
export function breakOff(): void {
  for (const socket of sockets.clients) socket.terminate();
}

interface Upgrading {
  on(event: "upgrade", listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): unknown;
}

export function listen(server: Upgrading): void {
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url?.startsWith("/graphql/live")) sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit("connection", accepted, request));
  });
}
