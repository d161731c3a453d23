import type { CellClassParams, GridApi } from "ag-grid-community";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Feeds } from "@/core/feeds";
import type { Live } from "@/core/live/live";
import type { Ticker, Tickers } from "@/core/tickers";
import { follow, Quietness } from "@/features/markets/following";

const NOW_MS = 1_800_000_000_000;
const row = (series: string, receivedAtMs = NOW_MS): Ticker => ({ series, last: null, bid: null, ask: null, spread: null, atMs: 0, receivedAtMs, direction: 0 });

function table(sortedBy: string, taken: readonly string[]) {
  const changed = vi.fn();
  const transaction = vi.fn();
  const refreshed = vi.fn();
  const nodes = new Map(taken.map((series) => [series, { data: row(series), updateData: changed }]));
  const api = {
    getColumnState: () => [{ colId: sortedBy, sort: "asc" as const }, { colId: "Bid", sort: null }],
    getRowNode: (series: string) => nodes.get(series),
    getRenderedNodes: () => [...nodes.values()],
    applyTransactionAsync: transaction,
    refreshCells: refreshed,
  } as unknown as GridApi<Ticker>;
  return { api, changed, transaction, refreshed };
}

function followed(sortedBy: string) {
  const parts = table(sortedBy, ["BINANCE:BTC/USDT"]);
  let push: (rows: readonly Ticker[]) => void = () => undefined;
  const tickers = {
    rows: [row("BINANCE:BTC/USDT"), row("BINANCE:ETH/USDT")],
    follow: (listener: typeof push) => {
      push = listener;
      return () => undefined;
    },
  } as unknown as Tickers;
  follow(parts.api, tickers, () => undefined);
  parts.transaction.mockClear();
  return { ...parts, push: (rows: readonly Ticker[]) => push(rows) };
}

describe("changed rows", () => {
  it("change where they stand while nothing that moves sorts them, those not taken yet with the next transaction", () => {
    const { push, changed, transaction } = followed("Market");
    push([row("BINANCE:BTC/USDT")]);
    expect([changed.mock.calls.length, transaction.mock.calls.length]).toEqual([1, 0]);
    push([row("BINANCE:ETH/USDT"), row("KRAKEN:ETH/USD")]);
    expect(transaction.mock.lastCall?.[0]).toMatchObject({ add: [{ series: "KRAKEN:ETH/USD" }], update: [{ series: "BINANCE:ETH/USDT" }] });
  });

  it("find their place anew where their prices sort them", () => {
    const { push, changed, transaction } = followed("Last");
    push([row("BINANCE:BTC/USDT")]);
    expect(changed).not.toHaveBeenCalled();
    expect(transaction.mock.lastCall?.[0]).toMatchObject({ add: [], update: [{ series: "BINANCE:BTC/USDT" }] });
  });
});

describe("rows that went quiet", () => {
  afterEach(() => vi.useRealTimers());

  it("are drawn anew once, by themselves", () => {
    vi.useFakeTimers({ now: NOW_MS });
    vi.stubGlobal("document", { hidden: false });
    const { api, refreshed } = table("Market", ["BINANCE:BTC/USDT"]);
    const quietness = new Quietness({ state: { value: "open" }, sinceMs: 0 } as unknown as Live, { store: { value: new Map() } } as unknown as Feeds);
    const draw = () => quietness.rule({ data: row("BINANCE:BTC/USDT") } as CellClassParams<Ticker>);
    expect(draw()).toBe(false);
    const stop = quietness.watch(api);
    vi.advanceTimersByTime(59_000);
    expect(refreshed).not.toHaveBeenCalled();
    vi.advanceTimersByTime(3_000);
    expect(refreshed).toHaveBeenCalled();
    expect(draw()).toBe(true);
    refreshed.mockClear();
    vi.advanceTimersByTime(5_000);
    expect(refreshed).not.toHaveBeenCalled();
    stop();
    vi.unstubAllGlobals();
  });
});
