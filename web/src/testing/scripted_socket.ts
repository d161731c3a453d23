/** A websocket whose other end is the test: it says what the desk would, and sees what the page sends. */

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: Record<string, unknown>;
}

export class ScriptedSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;

  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readyState = 0;
  readonly sent: Message[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string; wasClean: boolean }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;

  /** A constructor that keeps every socket it makes. */
  static collecting(made: ScriptedSocket[]): typeof WebSocket {
    class Collected extends ScriptedSocket {
      constructor() {
        super();
        made.push(this);
        queueMicrotask(() => this.open());
      }
    }
    return Collected as unknown as typeof WebSocket;
  }

  open(): void {
    this.readyState = this.OPEN;
    this.onopen?.();
  }

  send(text: string): void {
    const message = JSON.parse(text) as Message;
    this.sent.push(message);
  }

  close(code = 1000, reason = ""): void {
    this.breakOff(code, reason);
  }

  /** The desk says something. */
  say(message: Message): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  acknowledge(): void {
    this.say({ type: "connection_ack" });
  }

  /** The id of the page's newest subscription to a topic that it did not end. */
  idOf(name: string): string | undefined {
    const ended = new Set(this.sent.flatMap(({ id, type }) => (type === "complete" ? [id] : [])));
    const asks = ({ type, payload }: Message) => type === "subscribe" && new RegExp(`\\{\\s*${name}\\b`).test(String(payload?.["query"]));
    return this.sent.findLast((message) => asks(message) && !ended.has(message.id))?.id;
  }

  /** The desk pushes data to the page's subscription to that topic. */
  push(data: Record<string, unknown>): void {
    const id = this.idOf(Object.keys(data)[0] ?? "");
    if (id === undefined) throw new Error("nothing of that is subscribed on this socket");
    this.say({ id, type: "next", payload: { data } });
  }

  /** The desk refuses the page's subscription to a topic. */
  refuse(name: string): void {
    this.say({ id: this.idOf(name) ?? "", type: "error", payload: [{ message: "refused" }] as unknown as Record<string, unknown> });
  }

  breakOff(code = 1006, reason = ""): void {
    if (this.readyState === this.CLOSED) return;
    this.readyState = this.CLOSED;
    this.onclose?.({ code, reason, wasClean: false });
  }
}
