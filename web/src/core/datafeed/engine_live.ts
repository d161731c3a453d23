/** The live connection in the page itself, for pages without the desk's worker. */
import { LiveEngine } from "@/core/live/engine";
import type { FromWorker, Update, UpdateOf } from "@/core/live/messages";
import type { SocketOptions } from "@/core/live/socket";
import type { Topic } from "@/core/live/topics";

const EVERY_MS = 50;

export class EngineLive {
  readonly #engine: LiveEngine;
  readonly #listeners = new Map<number, (update: Update) => void>();
  readonly #accessToken: () => Promise<string>;
  #last = 0;

  constructor(socket: SocketOptions, accessToken: () => Promise<string>) {
    this.#accessToken = accessToken;
    this.#engine = new LiveEngine(socket, (message) => this.#receive(message));
    this.#engine.receive({ kind: "pull" });
  }

  /** Listens to a topic until the returned function is called. */
  listen<Name extends Topic["name"]>(topic: Topic & { readonly name: Name }, onUpdate: (update: UpdateOf<Name>) => void): () => void {
    const id = ++this.#last;
    this.#listeners.set(id, onUpdate as (update: Update) => void);
    this.#engine.receive({ kind: "listen", id, topic });
    return () => {
      this.#listeners.delete(id);
      this.#engine.receive({ kind: "unlisten", id });
    };
  }

  #receive(message: FromWorker): void {
    if (message.kind === "token_wanted") {
      if (message.isRefused) return; // the next attempt asks for another
      const send = (token: string) => this.#engine.receive({ kind: "token", token });
      return void this.#accessToken().then(send, () => send(""));
    }
    if (message.kind !== "batch") return;
    for (const update of message.updates) this.#listeners.get(update.id)?.(update);
    setTimeout(() => this.#engine.receive({ kind: "pull" }), EVERY_MS);
  }
}
