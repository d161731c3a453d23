/**
 * The ledger's pages by number. The desk hands out a cursor with each page, so page n needs page n-1 to have been
 * read once; the cursors are kept, the pages are not.
 */
import type { Entry, LedgerPage } from "@/core/contracts";

export type ReadPage = (cursor: string | null) => Promise<LedgerPage>;

export interface NumberedPage {
  readonly items: readonly Entry[];
  readonly isLast: boolean;
}

export class LedgerPages {
  #cursors: (string | null)[] = [null];
  readonly #read: ReadPage;

  constructor(read: ReadPage) {
    this.#read = read;
  }

  /** Newer entries moved every page: the cursors are to be read again. */
  forget(): void {
    this.#cursors = [null];
  }

  /** Page `index`, from 0; pages before it that were never read are read for their cursors. */
  async page(index: number): Promise<NumberedPage> {
    for (let known = this.#cursors.length - 1; known < index; known = this.#cursors.length - 1) {
      const before = await this.#turn(known);
      if (before.isLast) return { items: [], isLast: true };
    }
    return this.#turn(index);
  }

  async #turn(index: number): Promise<NumberedPage> {
    const cursors = this.#cursors;
    const { items, next_cursor } = await this.#read(cursors[index] ?? null);
    if (next_cursor !== null) cursors[index + 1] = next_cursor;
    return { items, isLast: next_cursor === null };
  }
}
