/** The live connection's own side, in a worker: subscriptions, decoding, merging; the page pulls what is new. */
import type { FromWorker, Numbered, ToWorker } from "@/core/live/messages";
import { type Outbox, outboxOf, transferOf } from "@/core/live/outboxes";
import { type LiveSocket, openSocket, type SocketOptions } from "@/core/live/socket";
import { operationOf, type Topic } from "@/core/live/topics";

const RESUBSCRIBE_MS = [0, 2_000, 5_000, 15_000, 60_000];
/** A subscription that held this long starts again without a wait. */
const HELD_MS = 60_000;

export type Post = (message: FromWorker, transfer: Transferable[]) => void;

interface Slot {
  readonly topic: Topic;
  readonly outbox: Outbox;
  stop: () => void;
  timer: ReturnType<typeof setTimeout> | undefined;
  attempts: number;
  startedAtMs: number;
}

export class LiveEngine {
  readonly #slots = new Map<number, Slot>();
  readonly #post: Post;
  readonly #socket: LiveSocket;
  #tokenWaits: ((token: string) => void)[] = [];
  #isPulled = false;

  constructor(options: SocketOptions, post: Post) {
    this.#post = post;
    this.#socket = openSocket(options, {
      token: () => this.#token(),
      refused: () => this.#post({ kind: "token_wanted", isRefused: true }, []),
      state: (state) => this.#post({ kind: "state", state }, []),
      opened: () => {
        for (const { outbox } of this.#slots.values()) outbox.restart();
      },
    });
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case "token":
        for (const resolve of this.#tokenWaits.splice(0)) resolve(message.token);
        return;
      case "listen":
        return this.#listen(message.id, message.topic);
      case "unlisten":
        return this.#unlisten(message.id);
      case "pull":
        this.#isPulled = true;
        return this.#deliver();
      case "wake":
        return this.#socket.wake();
    }
  }

  #token(): Promise<string> {
    return new Promise((resolve) => {
      this.#tokenWaits.push(resolve);
      this.#post({ kind: "token_wanted", isRefused: false }, []);
    });
  }

  #listen(id: number, topic: Topic): void {
    const slot: Slot = { topic, outbox: outboxOf(topic), stop: () => undefined, timer: undefined, attempts: 0, startedAtMs: 0 };
    this.#slots.set(id, slot);
    this.#subscribe(slot);
  }

  #unlisten(id: number): void {
    const slot = this.#slots.get(id);
    this.#slots.delete(id);
    clearTimeout(slot?.timer);
    slot?.stop();
  }

  #subscribe(slot: Slot): void {
    slot.outbox.restart();
    slot.startedAtMs = Date.now();
    let isOver = false;
    const again = () => {
      if (isOver) return;
      isOver = true;
      this.#subscribeLater(slot);
    };
    const stop = this.#socket.client.subscribe(operationOf(slot.topic), {
      next: (result) => {
        if (isOver) return;
        if (slot.outbox.offer(result.data) === "taken") return this.#deliver();
        stop();
        again();
      },
      error: again,
      complete: again,
    });
    slot.stop = () => {
      isOver = true;
      stop();
    };
  }

  /** The desk ended or refused this one subscription, or something of it was missing: begin it anew, ever more patiently. */
  #subscribeLater(slot: Slot): void {
    if (Date.now() - slot.startedAtMs > HELD_MS) slot.attempts = 0;
    const wait = RESUBSCRIBE_MS[Math.min(slot.attempts, RESUBSCRIBE_MS.length - 1)] ?? 0;
    slot.attempts += 1;
    slot.timer = setTimeout(() => this.#subscribe(slot), wait);
  }

  /** One batch per pull: while the page draws, news are conflated here. */
  #deliver(): void {
    if (!this.#isPulled) return;
    const updates: Numbered[] = [];
    for (const [id, { outbox }] of this.#slots) {
      const update = outbox.take();
      if (update) updates.push({ ...update, id });
    }
    if (updates.length === 0) return;
    this.#isPulled = false;
    this.#post({ kind: "batch", updates }, updates.flatMap(transferOf));
  }
}
