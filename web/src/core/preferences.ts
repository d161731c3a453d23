/** How this browser shows the desk; kept in its storage, with nothing of the portfolio in it. */
import * as z from "zod/mini";
import { Store } from "@/core/stores";

const schema = z.object({
  masked: z.catch(z.boolean(), false),
  swapped: z.catch(z.boolean(), false),
  railOpen: z.catch(z.boolean(), true),
  valueChartOpen: z.catch(z.boolean(), true),
});
export type Preferences = z.infer<typeof schema>;

const KEY = "nightdesk.preferences";

function read(storage: Storage): Preferences {
  let kept: unknown = {};
  try {
    kept = JSON.parse(storage.getItem(KEY) ?? "{}");
  } catch {
    // Somebody else's text under our key: start anew.
  }
  return schema.parse(typeof kept === "object" && kept !== null ? kept : {});
}

export class PreferenceKeeper {
  readonly store: Store<Preferences>;
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.store = new Store(read(storage));
  }

  change(change: Partial<Preferences>): void {
    const next = { ...this.store.value, ...change };
    this.store.set(next);
    this.#storage.setItem(KEY, JSON.stringify(next));
  }
}
