/** The GraphQL websocket: kept open, given up when the other end is silent, opened again with growing waits. */
import { type Client, createClient } from "graphql-ws";
import type { LiveState } from "@/core/live/messages";

/** The server closes with this when a token ended or was revoked. */
const TOKEN_REFUSED = 4403;
const WAIT_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
const KEEP_ALIVE_MS = 10_000;
const SILENT_MS = 5_000;

export interface SocketOptions {
  readonly url: string;
  readonly webSocket?: typeof WebSocket;
  /** Replaces the waits between attempts. */
  readonly wait?: (retries: number) => Promise<void>;
  readonly keepAliveMs?: number;
  readonly silentMs?: number;
}

export interface SocketEvents {
  /** A token that holds. */
  readonly token: () => Promise<string>;
  readonly refused: () => void;
  readonly state: (state: LiveState) => void;
  /** The connection stands: every subscription begins anew. */
  readonly opened: () => void;
}

/** Waits that end early when somebody comes back. */
class Waits {
  readonly #waiting = new Set<() => void>();

  async before(retries: number): Promise<void> {
    const base = WAIT_MS[Math.min(retries, WAIT_MS.length - 1)] ?? 0;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, base * (0.5 + Math.random())); // never in step with other browsers
      this.#waiting.add(end);
    });
  }

  end(): void {
    for (const end of [...this.#waiting]) end();
  }
}

export interface LiveSocket {
  readonly client: Client;
  readonly wake: () => void;
}

export function openSocket(options: SocketOptions, events: SocketEvents): LiveSocket {
  const waits = new Waits();
  let silence: ReturnType<typeof setTimeout> | undefined;
  let wasOpen = false;
  const client = createClient({
    url: options.url,
    lazy: true,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: options.wait ?? ((retries) => waits.before(retries)),
    shouldRetry: () => true,
    connectionAckWaitTimeout: options.silentMs ?? SILENT_MS,
    keepAlive: options.keepAliveMs ?? KEEP_ALIVE_MS,
    // Never throws: the client would take that for the end. Without a token the server refuses, and we try again.
    connectionParams: async () => ({ accessToken: await events.token().catch(() => "") }),
    ...(options.webSocket ? { webSocketImpl: options.webSocket } : {}),
    on: {
      connecting: () => events.state(wasOpen ? "lost" : "connecting"),
      connected: () => {
        wasOpen = true;
        events.opened();
        events.state("open");
      },
      ping: (received) => {
        if (received) return;
        clearTimeout(silence);
        silence = setTimeout(() => client.terminate(), options.silentMs ?? SILENT_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(silence);
      },
      closed: (event) => {
        clearTimeout(silence);
        const { code } = event as { code?: number };
        if (code === TOKEN_REFUSED) events.refused();
        const isDone = code === 1000;
        if (isDone) wasOpen = false;
        events.state(isDone ? "idle" : "lost");
      },
    },
  });
  return { client, wake: () => waits.end() };
}
