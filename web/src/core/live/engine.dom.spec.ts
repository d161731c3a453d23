/** The live connection against a scripted desk: whole and partial news, numbers left out, refusals, reconnection. */
import { http, HttpResponse } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Bar, Portfolio } from "@/core/contracts";
import { CandleSeries } from "@/core/candles";
import { desk } from "@/testing/desk";
import * as fixtures from "@/testing/fixtures";
import { makeTestServices } from "@/testing/page";
import { decimal } from "@/shared/decimals";

const camel = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(camel);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase()), camel(inner)]));
};

const ROWS = fixtures.portfolio();
const [XRP, DOGE] = ROWS.assets as [Portfolio["assets"][number], Portfolio["assets"][number]];

/** A portfolio's change as the desk pushes it. */
function change(number: number, whole: boolean, more: Partial<Portfolio> = {}): Record<string, unknown> {
  const rows = whole ? ROWS : { ...ROWS, accounts: [], assets: [], holdings: [] };
  const { rates, portfolio_id: portfolioId, ...parts } = { ...rows, ...more };
  expect(portfolioId).toBeTypeOf("string");
  return { portfolio: camel({ ...parts, number, whole, rates: Object.entries(rates).map(([asset, rate]) => ({ asset, rate })) }) };
}

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function connected() {
  localStorage.setItem("nightdesk.session", "1");
  const { services, sockets } = makeTestServices();
  await services.session.start();
  const socket = async (at: number, topic: string) => {
    await vi.waitFor(() => expect(sockets[at]?.sent[0]?.type).toBe("connection_init"));
    if (services.live.state.value !== "open") sockets[at]!.acknowledge();
    await vi.waitFor(() => expect(sockets[at]?.idOf(topic)).toBeDefined());
    return sockets[at]!;
  };
  return { services, sockets, socket };
}

async function followingPortfolio() {
  const opened = await connected();
  const { services } = opened;
  stops.push(services.live.listen({ name: "portfolio" }, ({ delta }) => services.portfolios.pushed(delta)));
  stops.push(services.live.state.subscribe(() => services.live.state.value === "open" || services.portfolios.interrupted()));
  const value = (asset: string) => services.portfolios.store.value?.assets.find((row) => row.asset === asset)?.value;
  return { ...opened, value };
}

describe("a portfolio that is pushed", () => {
  it("merges changed rows and counts every share anew", async () => {
    const { services, socket, value } = await followingPortfolio();
    const first = await socket(0, "portfolio");
    first.push(change(1, true, { total: { value: decimal("10000"), complete: true, priced_at: null } }));
    await vi.waitFor(() => expect(value("XRP")).toBe("4462.75"));
    const half = { ...XRP, value: decimal("2231.375"), share_ratio: null };
    first.push(change(2, false, { assets: [half], total: { value: decimal("8925.5"), complete: true, priced_at: null } }));
    await vi.waitFor(() => expect(value("XRP")).toBe("2231.375"));
    const shares = services.portfolios.store.value?.assets.map(({ asset, share_ratio }) => [asset, share_ratio]);
    expect(shares).toEqual([["XRP", "0.2500"], ["DOGE", "0.5000"], ["WXMR", null]]);
    expect(services.portfolios.store.value?.holdings).toHaveLength(1);
  });

  it("drops rows that a whole message does not have", async () => {
    const { services, socket } = await followingPortfolio();
    const first = await socket(0, "portfolio");
    first.push(change(1, true));
    first.push(change(2, true, { assets: [DOGE], unpriced: [] }));
    await vi.waitFor(() => expect(services.portfolios.store.value?.assets.map(({ asset }) => asset)).toEqual(["DOGE"]));
  });

  it("leaves out what came twice or makes no sense", async () => {
    const { socket, value } = await followingPortfolio();
    const first = await socket(0, "portfolio");
    first.push(change(1, true));
    first.push(change(2, false, { assets: [{ ...XRP, value: decimal("2") }] }));
    first.push(change(2, false, { assets: [{ ...XRP, value: decimal("9") }] }));
    first.push(change(1, false, { assets: [{ ...XRP, value: decimal("8") }] }));
    first.push({ portfolio: { number: 3, whole: false, assets: "many" } });
    first.push(change(3, false, { assets: [{ ...DOGE, value: decimal("3") }] }));
    await vi.waitFor(() => expect(value("DOGE")).toBe("3"));
    expect(value("XRP")).toBe("2");
  });

  it("asks for the whole again when a number is left out", async () => {
    const { services, socket, value } = await followingPortfolio();
    const first = await socket(0, "portfolio");
    stops.push(services.live.listen({ name: "feeds" }, () => undefined)); // as on the page: the connection stays
    const before = first.idOf("portfolio");
    first.push(change(1, true));
    first.push(change(3, false, { assets: [{ ...XRP, value: decimal("3") }] }));
    await vi.waitFor(() => expect(first.idOf("portfolio")).not.toBe(before));
    await vi.waitFor(() => expect(first.idOf("portfolio")).toBeDefined());
    expect(value("XRP")).not.toBe("3");
    first.push(change(1, true, { assets: [{ ...XRP, value: decimal("4") }] }));
    await vi.waitFor(() => expect(value("XRP")).toBe("4"));
  });

  it("begins anew after a reconnection, and takes the desk's answers meanwhile", async () => {
    const { services, socket, value } = await followingPortfolio();
    (await socket(0, "portfolio")).push(change(1, true));
    await vi.waitFor(() => expect(services.portfolios.isPushed.value).toBe(true));
    services.portfolios.answered(fixtures.portfolio({ assets: [{ ...XRP, value: decimal("1") }] }));
    expect(value("XRP")).toBe("4462.75");
    (await socket(0, "portfolio")).breakOff();
    await vi.waitFor(() => expect(services.portfolios.isPushed.value).toBe(false));
    services.portfolios.answered(fixtures.portfolio({ assets: [{ ...XRP, value: decimal("1") }] }));
    expect(value("XRP")).toBe("1");
    const second = await socket(1, "portfolio");
    second.push(change(1, true, { assets: [{ ...XRP, value: decimal("6") }] }));
    await vi.waitFor(() => expect(value("XRP")).toBe("6"));
  });
});

describe("tickers", () => {
  const row = (series: string, last: string, receivedAt: string | null = "2026-11-20T12:00:00.000Z") => ({ series, last, bid: null, ask: null, at: "2026-11-20T12:00:00.000Z", receivedAt });

  it("are conflated to the newest of each market while the page draws", async () => {
    const { services, socket } = await connected();
    const seen: string[][] = [];
    stops.push(services.tickers.follow((changed) => seen.push(changed.map(({ series, last, direction }) => `${series} ${last ?? "none"} ${direction}`))));
    const first = await socket(0, "tickers");
    for (const last of ["1", "2", "1.5"]) first.push({ tickers: { rows: [row("BINANCE:A/B", last)] } });
    await vi.waitFor(() => expect(services.tickers.rows[0]?.last).toBe("1.5"));
    expect(seen.flat().length).toBeLessThanOrEqual(3);
    expect(seen.flat().at(-1)).toBe("BINANCE:A/B 1.5 -1");
  });

  it("that are late stay out, except at the beginning of a connection", async () => {
    const { services, socket } = await connected();
    stops.push(services.tickers.follow(() => undefined));
    const first = await socket(0, "tickers");
    first.push({ tickers: { rows: [row("BINANCE:A/B", "2", "2026-11-20T12:00:02Z"), row("BINANCE:C/D", "7", null)] } });
    first.push({ tickers: { rows: [row("BINANCE:A/B", "1", "2026-11-20T12:00:01Z")] } });
    await vi.waitFor(() => expect(services.tickers.rows).toHaveLength(2));
    expect(services.tickers.rows[0]?.last).toBe("2");
    first.breakOff();
    const second = await socket(1, "tickers");
    second.push({ tickers: { rows: [row("BINANCE:A/B", "1", "2026-11-20T12:00:01Z")] } });
    await vi.waitFor(() => expect(services.tickers.rows[0]?.last).toBe("1"));
  });

  it("are followed by a pattern, and what is known of the others stays", async () => {
    const { services, socket } = await connected();
    stops.push(services.tickers.follow(() => undefined));
    const first = await socket(0, "tickers");
    first.push({ tickers: { rows: [row("KRAKEN:A/B", "1"), row("HTX:A/B", "1")] } });
    await vi.waitFor(() => expect(services.tickers.rows).toHaveLength(2));
    services.tickers.narrow("kraken.*.*");
    const asked = () => first.sent.filter(({ type, payload }) => type === "subscribe" && String(payload?.["query"]).includes("tickers")).map(({ payload }) => payload?.["variables"]);
    await vi.waitFor(() => expect(asked()).toEqual([{}, { patterns: ["kraken.*.*"] }]));
    first.push({ tickers: { rows: [row("KRAKEN:A/B", "2", "2026-11-20T12:00:05Z")] } });
    await vi.waitFor(() => expect(services.tickers.rows.map(({ series, last }) => `${series} ${last ?? ""}`)).toEqual(["KRAKEN:A/B 2", "HTX:A/B 1"]));
    services.tickers.narrow(null);
    await vi.waitFor(() => expect(asked()).toHaveLength(3));
  });
});

describe("bars", () => {
  const at = (minute: number) => Date.parse("2026-11-20T12:00:00Z") + minute * 60_000;
  const bar = (minute: number, close: number): Bar => [at(minute), 1, 9, 1, close, 5];
  const pushed = ([atMs, open, high, low, close, volume]: Bar) => ({ candles: { series: "BINANCE:A/B", resolution: "1m", atMs, open, high, low, close, volume, closed: false } });

  it("leave no gap when the connection comes back", async () => {
    const { services, socket } = await connected();
    const asked: (string | null)[] = [];
    const stored = [bar(0, 1), bar(1, 2), bar(2, 3), bar(3, 4)];
    desk.use(
      http.get("*/api/v1/candles", ({ request }) => {
        const from = new URL(request.url).searchParams.get("from");
        asked.push(from);
        const items = stored.filter(([start]) => start >= Number(from)).slice(0, 2);
        const next = stored.find(([start]) => start > (items.at(-1)?.[0] ?? 0))?.[0];
        const next_from = next === undefined ? null : new Date(next).toISOString();
        return HttpResponse.json({ series: "BINANCE:A/B", resolution: "1m", base: "B", items, next_from });
      }),
    );
    const seen: Bar[] = [];
    stops.push(new CandleSeries(services.desk, services.live, "BINANCE:A/B", "1m").follow(at(0), (bars) => seen.push(...bars)));
    const first = await socket(0, "candles");
    stored.splice(1);
    first.push(pushed(bar(0, 1.5)));
    await vi.waitFor(() => expect(seen.at(-1)?.[4]).toBe(1.5));
    first.breakOff();
    stored.splice(0, 9, bar(0, 1.7), bar(1, 2), bar(2, 3), bar(3, 4));
    seen.length = 0;
    const second = await socket(1, "candles");
    second.push(pushed(bar(4, 5)));
    second.push(pushed(bar(4, 6)));
    await vi.waitFor(() => expect(seen.at(-1)?.[4]).toBe(6));
    const starts = [...new Set(seen.map(([start]) => (start - at(0)) / 60_000))];
    expect(starts).toEqual([0, 1, 2, 3, 4]);
    expect(asked.filter((from) => from === at(0).toString())).toHaveLength(2);
  });
});

describe("a subscription", () => {
  it("that is refused is tried again and harms no other", async () => {
    const { services, socket } = await connected();
    stops.push(services.live.listen({ name: "feeds" }, ({ feeds }) => services.feeds.pushed(feeds)));
    stops.push(services.live.listen({ name: "ledgerRecorded" }, ({ news }) => services.ledger.pushed(news)));
    const first = await socket(0, "feeds");
    const refused = first.idOf("ledgerRecorded");
    first.refuse("ledgerRecorded");
    first.push({ feeds: { venue: "BINANCE", state: "stale", since: "2026-11-20T12:00:00Z", lastMessageAt: null } });
    await vi.waitFor(() => expect(services.feeds.store.value.get("binance")?.state).toBe("stale"));
    await vi.waitFor(() => expect(first.idOf("ledgerRecorded")).not.toBe(refused));
  });

  it("ends at the desk when nobody listens any more", async () => {
    const { services, socket, sockets } = await connected();
    const stop = services.live.listen({ name: "feeds" }, () => undefined);
    await socket(0, "feeds");
    stop();
    await vi.waitFor(() => expect(sockets[0]?.idOf("feeds")).toBeUndefined());
    await vi.waitFor(() => expect(services.live.state.value).toBe("idle"));
  });
});
