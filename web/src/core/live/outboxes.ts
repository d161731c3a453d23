/** What waits for the page, per topic: conflated while the page is busy, so that nothing piles up. */
import * as z from "zod/mini";
import { type Bar, type ImportProgress, import_progress } from "@/core/contracts";
import type { Update } from "@/core/live/messages";
import { PortfolioTable } from "@/core/live/portfolio_merge";
import * as shapes from "@/core/live/shapes";
import { TickerTable } from "@/core/live/ticker_table";
import type { Topic } from "@/core/live/topics";
import { rule_set_states } from "@/core/rules_contracts";

export interface Outbox {
  /** Takes pushed data in; `resubscribe` when something before it is missing. Data that makes no sense is left out. */
  offer(data: unknown): "taken" | "resubscribe";
  take(): Update | null;
  /** The subscription begins anew. */
  restart(): void;
}

/** Notes wait at most this many: a page that sleeps for a day gets the newest. */
const NOTES_KEPT = 200;

function parsed<Shape extends z.ZodMiniType>(shape: Shape, name: Topic["name"], data: unknown): z.infer<Shape> | null {
  const pushed = typeof data === "object" && data !== null ? (data as Record<string, unknown>)[name] : null;
  const result = shape.safeParse(shapes.snaked(pushed));
  return result.success ? result.data : null;
}

function portfolioOutbox(): Outbox {
  const table = new PortfolioTable();
  return {
    offer: (data) => {
      const change = parsed(shapes.portfolio_change, "portfolio", data);
      return change && table.offer(change) === "gap" ? "resubscribe" : "taken";
    },
    take: () => {
      const delta = table.take();
      return delta && { name: "portfolio", delta };
    },
    restart: () => table.restart(),
  };
}

function tickersOutbox(): Outbox {
  const table = new TickerTable();
  return {
    offer: (data) => {
      table.offer(parsed(shapes.ticker_batch, "tickers", data)?.rows ?? []);
      return "taken";
    },
    take: () => {
      const columns = table.take();
      return columns && { name: "tickers", columns };
    },
    restart: () => table.restart(),
  };
}

function candlesOutbox(): Outbox {
  const bars = new Map<number, Bar>();
  let restarted = true;
  return {
    offer: (data) => {
      const candle = parsed(shapes.candle_update, "candles", data);
      if (candle) bars.set(candle.at_ms, [candle.at_ms, candle.open, candle.high, candle.low, candle.close, candle.volume]);
      return "taken";
    },
    take: () => {
      if (bars.size === 0) return null;
      const news = { restarted, bars: [...bars.values()].sort(([left], [right]) => left - right) };
      bars.clear();
      restarted = false;
      return { name: "candles", news };
    },
    restart: () => {
      restarted = true;
    },
  };
}

/** Notes are handed on one by one, in their order. */
function notes<Note>(read: (data: unknown) => Note | null, wrap: (notes: Note[]) => Update): Outbox {
  let waiting: Note[] = [];
  return {
    offer: (data) => {
      const note = read(data);
      if (note !== null) waiting = [...waiting, note].slice(-NOTES_KEPT);
      return "taken";
    },
    take: () => {
      if (waiting.length === 0) return null;
      const taken = waiting;
      waiting = [];
      return wrap(taken);
    },
    restart: () => undefined,
  };
}

/** Only the newest is handed on: it replaces what was told before. */
function newest<News>(read: (data: unknown) => News | null, wrap: (news: News) => Update): Outbox {
  let waiting: News | null = null;
  return {
    offer: (data) => {
      waiting = read(data) ?? waiting;
      return "taken";
    },
    take: () => {
      const taken = waiting;
      waiting = null;
      return taken && wrap(taken);
    },
    restart: () => undefined,
  };
}

export function outboxOf(topic: Topic): Outbox {
  switch (topic.name) {
    case "portfolio":
      return portfolioOutbox();
    case "tickers":
      return tickersOutbox();
    case "candles":
      return candlesOutbox();
    case "feeds":
      return notes((data) => parsed(shapes.feed_status, "feeds", data), (feeds) => ({ name: "feeds", feeds }));
    case "ledgerRecorded":
      return notes((data) => parsed(shapes.ledger_news, "ledgerRecorded", data), (news) => ({ name: "ledgerRecorded", news }));
    case "importProgress":
      return notes<ImportProgress>((data) => parsed(import_progress, "importProgress", data), (progress) => ({ name: "importProgress", progress }));
    case "ruleSetStates":
      return newest((data) => parsed(rule_set_states, "ruleSetStates", data), (states) => ({ name: "ruleSetStates", states }));
  }
}

/** Memory of an update that can be handed over instead of copied. */
export function transferOf(update: Update): Transferable[] {
  if (update.name !== "tickers") return [];
  const { index, at, receivedAt, direction } = update.columns;
  return [index.buffer, at.buffer, receivedAt.buffer, direction.buffer];
}

