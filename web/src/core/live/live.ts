/** The page's side of the live connection: who listens to what, one batch per drawn frame. */
import type { FromWorker, LiveState, ToWorker, Update, UpdateOf } from "@/core/live/messages";
import type { Topic } from "@/core/live/topics";
import type { SessionKeeper } from "@/core/session";
import { Store } from "@/core/stores";

export type { LiveState } from "@/core/live/messages";

/** Two ends that hand messages to each other: a worker's, or a test's. */
export interface Link {
  readonly send: (message: ToWorker) => void;
  readonly onMessage: (receive: (message: FromWorker) => void) => void;
}

export interface LiveOptions {
  readonly link: () => Link;
  /** Runs something when the next frame is drawn; a hidden page draws none, so it takes its time. */
  readonly nextFrame?: (run: () => void) => void;
}

const HIDDEN_MS = 1_000;

function nextFrame(run: () => void): void {
  if (document.hidden) setTimeout(run, HIDDEN_MS);
  else requestAnimationFrame(run);
}

export class Live {
  readonly state = new Store<LiveState>("idle");
  /** Since when the connection is as it is; by wall time. */
  sinceMs = Date.now();
  readonly #session: SessionKeeper;
  readonly #options: LiveOptions;
  readonly #listeners = new Map<number, (update: Update) => void>();
  #link: Link | null = null;
  #last = 0;

  constructor(session: SessionKeeper, options: LiveOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** Listens to a topic until the returned function is called. */
  listen<Name extends Topic["name"]>(topic: Topic & { readonly name: Name }, onUpdate: (update: UpdateOf<Name>) => void): () => void {
    const link = (this.#link ??= this.#connect());
    const id = ++this.#last;
    this.#listeners.set(id, onUpdate as (update: Update) => void);
    link.send({ kind: "listen", id, topic });
    return () => {
      this.#listeners.delete(id);
      link.send({ kind: "unlisten", id });
    };
  }

  /** Somebody came back to the page, or the network did. */
  wake(): void {
    this.#link?.send({ kind: "wake" });
  }

  #connect(): Link {
    const link = this.#options.link();
    link.onMessage((message) => this.#receive(link, message));
    link.send({ kind: "pull" });
    return link;
  }

  #receive(link: Link, message: FromWorker): void {
    if (message.kind === "state") return this.#enter(message.state);
    if (message.kind === "token_wanted") {
      if (message.isRefused) return this.#session.distrustToken();
      const send = (token: string) => link.send({ kind: "token", token });
      return void this.#session.token().then(send, () => send(""));
    }
    for (const update of message.updates) this.#listeners.get(update.id)?.(update);
    (this.#options.nextFrame ?? nextFrame)(() => link.send({ kind: "pull" }));
  }

  #enter(state: LiveState): void {
    if (state !== this.state.value) this.sinceMs = Date.now();
    this.state.set(state);
  }
}
