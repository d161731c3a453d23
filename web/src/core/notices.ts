/** Short messages about what was just done; read out, and gone after a while. */
import { Store } from "@/core/stores";

export interface Notice {
  readonly id: number;
  readonly tone: "done" | "failed";
  readonly text: string;
}

const STAYS_MS = 6_000;

export class Notices {
  readonly store = new Store<readonly Notice[]>([]);
  #last = 0;

  say(text: string, tone: Notice["tone"] = "done"): void {
    const id = ++this.#last;
    this.store.set([...this.store.value, { id, tone, text }].slice(-4));
    setTimeout(() => this.dismiss(id), STAYS_MS);
  }

  dismiss(id: number): void {
    this.store.set(this.store.value.filter((notice) => notice.id !== id));
  }
}
