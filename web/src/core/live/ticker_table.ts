/** The newest ticker of every series, and which of them the page has not got yet. */
import type { TickerColumns } from "@/core/live/messages";
import type { PushedTicker } from "@/core/live/shapes";
import { divide, multiply } from "@/shared/arithmetic";
import { add, compare, type Decimal, decimal, negate, round, sign } from "@/shared/decimals";

const HUNDRED = decimal("100");
const SPREAD_PLACES = 4;

/** So many rows are handed over at once: a table takes them within a frame, and what waits comes with the next. */
const ROWS_AT_ONCE = 400;

/** The spread in percent of the ask; empty when either side is missing. */
export function spreadOf(bid: Decimal | null, ask: Decimal | null): Decimal | "" {
  if (bid === null || ask === null || sign(ask) <= 0) return "";
  const ratio = divide(add(ask, negate(bid)), ask);
  return ratio === null ? "" : round(multiply(ratio, HUNDRED), SPREAD_PLACES);
}

interface Known {
  readonly index: number;
  ticker: PushedTicker;
  /** When it reached the desk; 0 for a price that was only kept. */
  receivedAtMs: number;
  direction: number;
}

export class TickerTable {
  readonly #known = new Map<string, Known>();
  #added: string[] = [];
  readonly #dirty = new Set<Known>();
  #isRestarted = false;

  /** The connection is a new one: its first batch is how things stand, whatever was known. */
  restart(): void {
    this.#isRestarted = true;
  }

  offer(rows: readonly PushedTicker[]): void {
    const isSnapshot = this.#isRestarted;
    this.#isRestarted = false;
    for (const ticker of rows) this.#put(ticker, isSnapshot);
  }

  #put(ticker: PushedTicker, isSnapshot: boolean): void {
    const receivedAtMs = ticker.received_at ? Date.parse(ticker.received_at) : 0;
    const known = this.#known.get(ticker.series);
    if (!known) {
      const made = { index: this.#known.size, ticker, receivedAtMs, direction: 0 };
      this.#known.set(ticker.series, made);
      this.#added.push(ticker.series);
      this.#dirty.add(made);
      return;
    }
    if (!isSnapshot && receivedAtMs > 0 && receivedAtMs < known.receivedAtMs) return;
    known.direction = compare(ticker.last ?? null, known.ticker.last ?? null) || known.direction;
    known.ticker = ticker;
    known.receivedAtMs = receivedAtMs;
    this.#dirty.add(known);
  }

  /** What changed since the last take, as columns; null when nothing did. */
  take(): TickerColumns | null {
    const rows: Known[] = [];
    for (const known of this.#dirty) {
      if (rows.length === ROWS_AT_ONCE) break;
      rows.push(known);
      this.#dirty.delete(known);
    }
    if (rows.length === 0) return null;
    const columns: TickerColumns = {
      added: this.#added,
      index: Uint32Array.from(rows, ({ index }) => index),
      at: Float64Array.from(rows, ({ ticker }) => Date.parse(ticker.at)),
      receivedAt: Float64Array.from(rows, ({ receivedAtMs }) => receivedAtMs),
      direction: Int8Array.from(rows, ({ direction }) => direction),
      texts: rows.flatMap(({ ticker: { last, bid, ask } }) => [last ?? "", bid ?? "", ask ?? "", spreadOf(bid ?? null, ask ?? null)]),
    };
    this.#added = [];
    return columns;
  }
}
