/** Quotes of many listeners, asked for together in one request. */
import type { Quote } from "@/core/datafeed/contract";

const EVERY_MS = 5_000;
/** As many as the desk answers at once. */
const SYMBOLS_MAX = 100;

interface Listener {
  readonly symbols: readonly string[];
  readonly onQuotes: (quotes: readonly Quote[]) => void;
}

export class QuoteWatch {
  readonly #read: (symbols: readonly string[]) => Promise<readonly Quote[]>;
  readonly #everyMs: number;
  readonly #listeners = new Map<string, Listener>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(read: (symbols: readonly string[]) => Promise<readonly Quote[]>, everyMs = EVERY_MS) {
    this.#read = read;
    this.#everyMs = everyMs;
  }

  subscribe(name: string, symbols: readonly string[], onQuotes: (quotes: readonly Quote[]) => void): void {
    this.#listeners.set(name, { symbols, onQuotes });
    this.#again(0);
  }

  unsubscribe(name: string): void {
    this.#listeners.delete(name);
    if (this.#listeners.size === 0) clearTimeout(this.#timer);
  }

  #again(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#listeners.size > 0) this.#timer = setTimeout(() => void this.#round(), waitMs);
  }

  async #round(): Promise<void> {
    const wanted = [...new Set([...this.#listeners.values()].flatMap(({ symbols }) => symbols))];
    const known = new Map<string, Quote>();
    for (let first = 0; first < wanted.length; first += SYMBOLS_MAX) {
      const quotes = await this.#read(wanted.slice(first, first + SYMBOLS_MAX)).catch(() => []); // the next round asks again
      for (const quote of quotes) known.set(quote.n, quote);
    }
    for (const { symbols, onQuotes } of [...this.#listeners.values()]) {
      const quotes = symbols.flatMap((symbol) => known.get(symbol) ?? []);
      if (quotes.length > 0) onQuotes(quotes);
    }
    this.#again(this.#everyMs);
  }
}
