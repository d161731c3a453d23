/** The live connection: GraphQL subscriptions over one websocket, opened with a token and kept open. */
import { Client, createRequest, type ExecutionResult, subscriptionExchange } from "urql";
import { createClient, type Client as SocketClient } from "graphql-ws";
import type { SessionKeeper } from "@/core/session";
import { Store } from "@/core/stores";

export type LiveState = "idle" | "connecting" | "open" | "lost";

/** The server closes with this when a token ended or was revoked. */
const TOKEN_REFUSED = 4403;
const KEEP_ALIVE_MS = 10_000;
const WAIT_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** Waits before the next attempt: longer each time, and never in step with other browsers. */
const waitBefore = async (retries: number): Promise<void> => {
  const base = WAIT_MS[Math.min(retries, WAIT_MS.length - 1)] ?? 0;
  await new Promise((resolve) => setTimeout(resolve, base * (0.5 + Math.random())));
};

export interface LiveOptions {
  readonly url: string;
  readonly webSocket?: typeof WebSocket;
  readonly wait?: (retries: number) => Promise<void>;
}

export class Live {
  readonly state = new Store<LiveState>("idle");
  readonly client: Client;
  readonly #socket: SocketClient;

  constructor(session: SessionKeeper, options: LiveOptions) {
    this.#socket = createClient({
      url: options.url,
      lazy: true,
      retryAttempts: Number.POSITIVE_INFINITY,
      retryWait: options.wait ?? waitBefore,
      shouldRetry: () => session.state.value.kind === "signed_in",
      keepAlive: KEEP_ALIVE_MS,
      // Never throws: the client would take that for the end. Without a token the server refuses, and we try again.
      connectionParams: async () => ({ accessToken: await session.token().catch(() => "") }),
      ...(options.webSocket ? { webSocketImpl: options.webSocket } : {}),
      on: {
        connecting: () => this.state.set(this.state.value === "lost" ? "lost" : "connecting"),
        connected: () => this.state.set("open"),
        closed: (event) => {
          if ((event as { code?: number }).code === TOKEN_REFUSED) session.distrustToken();
          this.state.set("lost");
        },
      },
    });
    const socket = this.#socket;
    this.client = new Client({
      url: "/graphql",
      preferGetMethod: false,
      exchanges: [
        subscriptionExchange({
          forwardSubscription: (request) => ({
            subscribe: (sink) => {
              const payload = { query: request.query ?? "", variables: request.variables ?? {} };
              const next = (result: unknown) => sink.next(result as ExecutionResult);
              return { unsubscribe: socket.subscribe(payload, { next, error: (thrown) => sink.error(thrown), complete: () => sink.complete() }) };
            },
          }),
        }),
      ],
    });
  }

  /** Listens to a subscription until the returned function is called. */
  listen(document: string, variables: Record<string, unknown>, onData: (data: unknown) => void): () => void {
    const source = this.client.executeSubscription<unknown>(createRequest(document, variables));
    const subscription = source.subscribe(({ data }) => {
      if (data !== undefined && data !== null) onData(data);
    });
    return () => subscription.unsubscribe();
  }

  close(): void {
    void this.#socket.dispose();
    this.state.set("idle");
  }
}
