/** Answers the page's requests while it is being made: `FAKE_DESK=1 npm run dev`. Not a part of any build. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { PreviewServer, ViteDevServer } from "vite";
import { budgets } from "./budgets";
import { charts } from "./fake_charts";
import { feedTokens } from "./feed_tokens";
import * as live from "./live";
import { bars } from "./prices";
import * as world from "./world";
import { reference } from "./reference";
import { CANDIDATES, inbox, reconciliation, UNCERTAINTY } from "./fake_books";

const user = {
  user_id: "u",
  email: "demo@nightdesk.local",
  tenant_id: "t",
  role: "owner",
  base_asset: "USDT",
  display_asset: "USDT",
  time_zone: "Europe/Berlin",
  permissions: [{ action: "manage", subject: "all" }],
};

/** Set by POST /api/v1/dev {mode, feed, mute, refuses, socket: "break", fill}: how the desk behaves. */
let mode: "well" | "empty" | "down" = "well";

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly cookie?: string;
}

const problem = (status: number, code: string, detail: string): Answer => ({ status, body: { title: code, status, code, detail, correlation_id: "fake0000fake0000" } });

function session(): Answer {
  return { cookie: "fake=1; HttpOnly; Path=/", body: { access_token: "fake", token_type: "Bearer", expires_at: new Date(Date.now() + 3_600_000).toISOString(), user } };
}

function ledger(query: URLSearchParams): Answer {
  if (mode === "empty") return { body: { items: [], next_cursor: null } };
  const [limit, from] = [Number(query.get("limit") ?? 200), Number(query.get("cursor") ?? world.ledger.rows)];
  const items = [];
  let sequence = from;
  for (; sequence > 0 && items.length < limit; sequence--) {
    const entry = world.entry(sequence);
    const kind = query.get("kind");
    const account = query.get("account_id");
    if ((!kind || entry.kind === kind) && (!account || entry.account_id === account)) items.push(entry);
  }
  return { body: { items, next_cursor: sequence > 0 ? sequence.toString() : null } };
}

const verification = (): Answer => ({
  body: {
    ok: true,
    verified_at: new Date().toISOString(),
    accounts: world.accounts.map(({ account_id }) => ({ account_id, entries: 60_000, head_hash: world.entry(1).hash, ok: true, first_broken_sequence: null, reason: null })),
  },
});

function connect(body: Record<string, string>): Answer {
  if (body["secret"] === "wrong") return problem(422, "accounts.key_wrong", "Binance refused the key: its signature does not fit.");
  if (body["secret"] === "withdraw") return problem(422, "accounts.key_may_withdraw", "This key may withdraw.");
  return { status: 201, body: world.addAccount(body["label"] ?? "", body["venue"] ?? "") };
}

function account(method: string, id: string, rest: string | undefined): Answer {
  const found = world.accounts.find(({ account_id }) => account_id === id);
  if (!found) return problem(404, "accounts.not_found", "There is no such account.");
  if (rest === "refresh") return { status: 202 };
  if (method === "DELETE") {
    found.state = "disconnected";
    return { status: 204 };
  }
  if (rest === "import" && method === "POST") Object.assign(found.import ?? {}, { state: "queued", progress_ratio: 0, finished_at: null, error_code: null, error_message: null });
  return { body: rest === "import" ? found.import : found };
}

function behave(body: Record<string, string>): void {
  if (body["mode"]) mode = body["mode"] as typeof mode;
  if (body["feed"]) live.faults.feed = body["feed"] as typeof live.faults.feed;
  if (body["mute"]) live.faults.isMute = body["mute"] === "yes";
  if (body["refuses"]) live.faults.refuses = body["refuses"] === "yes";
  if (body["socket"] === "break") live.breakOff();
  if (body["fill"]) live.fill();
}

function candles(query: URLSearchParams): Answer {
  const [series, resolution] = [query.get("series") ?? "", query.get("resolution") ?? "15m"];
  const now = live.priceOf(series);
  if (now === 0) return problem(404, "candles.series_not_found", `There is no series ${series}.`);
  return { body: { series, resolution, base: "USDT", ...bars(series, resolution, now, query) } };
}

const KEY_AND_SECRET = ["key", "secret"];
const VENUES = [
  { venue: "binance", name: "Binance", needs: KEY_AND_SECRET },
  { venue: "kraken", name: "Kraken", needs: KEY_AND_SECRET },
  { venue: "coinbase", name: "Coinbase", needs: ["key_name", "private_key"] },
  { venue: "bitfinex", name: "Bitfinex", needs: KEY_AND_SECRET },
  { venue: "htx", name: "HTX", needs: KEY_AND_SECRET },
];
const EMPTY = { assets: [], holdings: [], accounts: [], unpriced: [], total: { value: "0", complete: true, priced_at: null } };

function answer(method: string, path: string, query: URLSearchParams, body: Record<string, string>, hasCookie: boolean): Answer {
  if (path === "/dev") {
    behave(body);
    return { status: 204 };
  }
  if (mode === "down") return problem(503, "database.unavailable", "The database does not answer.");
  const [, root, id, rest] = path.split("/");
  const chart = charts(method, path.split("/"), body);
  if (chart) return chart;
  if (path === "/session") return method === "DELETE" ? { status: 204, cookie: "fake=; Max-Age=0; Path=/" } : body["password"] === "nightdesk-demo" ? session() : problem(401, "session.refused", "Wrong.");
  if (path === "/session/refresh") return hasCookie ? session() : problem(401, "session.missing", "There is no session to refresh.");
  if (path === "/health") return { body: { status: "ok", version: "0.1.0", checks: { database: { ok: true, latency_ms: 2 }, cache: { ok: true, latency_ms: 1 } } } };
  if (path === "/me") return { body: Object.assign(user, body) };
  if (path === "/venues") return { body: { items: VENUES } };
  if (path === "/portfolio") return { body: world.portfolio(mode === "empty" ? EMPTY : {}) };
  if (path === "/balancer") return { body: budgets(mode === "empty") };
  if (path === "/candles") return candles(query);
  if (path === "/ledger") return ledger(query);
  if (path === "/ledger/verify") return verification();
  if (root === "accounts" && id) return account(method, id, rest);
  if (root === "accounts") return method === "POST" ? connect(body) : { body: { items: mode === "empty" ? [] : world.accounts } };
  if (root === "datafeed-tokens") return feedTokens(method, id, body["name"], mode === "empty");
  if (root === "inbox") return inbox(method, id, rest, mode === "empty");
  if (path === "/reconciliation") return reconciliation(query, mode === "empty");
  if (path === "/portfolio/uncertainty") return UNCERTAINTY;
  if (path === "/transfers/candidates") return CANDIDATES;
  const known = reference(method, path, world.portfolio({}).assets, mode === "empty");
  if (known) return known;
  return problem(404, "route.not_found", "There is no such route.");
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, string>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return parts.length === 0 ? {} : (JSON.parse(Buffer.concat(parts).toString()) as Record<string, string>);
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const address = new URL(request.url ?? "/", "http://fake");
  const hasCookie = request.headers.cookie?.includes("fake=1") ?? false;
  const { status = 200, body, cookie } = answer(request.method ?? "GET", address.pathname.replace("/api/v1", ""), address.searchParams, await bodyOf(request), hasCookie);
  if (cookie) response.setHeader("Set-Cookie", cookie);
  response.statusCode = status;
  response.setHeader("X-Correlation-Id", (request.headers["x-correlation-id"] as string | undefined) ?? "");
  response.setHeader("Content-Type", "application/json");
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

export function install(server: Pick<ViteDevServer | PreviewServer, "middlewares" | "httpServer">): void {
  const timer = setInterval(() => world.advance(0.1), 500);
  server.httpServer?.on("close", () => clearInterval(timer));
  if (server.httpServer) live.listen(server.httpServer);
  server.middlewares.use((request, response, next) => {
    if (request.url?.startsWith("/api/v1")) void handle(request, response);
    else next();
  });
}
