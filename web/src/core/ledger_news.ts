/** What was just recorded: pages that show the ledger follow it, and fills are told in words. */
import type { LedgerNews, RecordedEntry } from "@/core/live/shapes";

/** More at once is an import or a catching up: nobody wants a message for each. */
const TOLD_AT_MOST = 3;

/** A fill in words, without amounts: notices are shown whether amounts are masked or not. */
export function fillText({ instrument, legs }: RecordedEntry): string {
  const base = legs.find(({ role }) => role === "base");
  const did = base === undefined ? "Traded" : base.amount.startsWith("-") ? "Sold" : "Bought";
  const market = instrument?.slice(instrument.indexOf(":") + 1) ?? base?.asset ?? "";
  return `${did} ${base?.asset ?? ""} on ${market}`.replace("  ", " ");
}

/** The fills of a piece of news that are worth a message. */
export function fillsToTell({ count, entries }: LedgerNews): readonly string[] {
  const fills = entries.filter(({ kind }) => kind === "trade");
  return count > TOLD_AT_MOST ? [] : fills.map(fillText);
}

export class LedgerWatch {
  readonly #listeners = new Set<(news: LedgerNews) => void>();

  follow(listener: (news: LedgerNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  pushed(news: readonly LedgerNews[]): void {
    for (const each of news) for (const listener of [...this.#listeners]) listener(each);
  }
}
