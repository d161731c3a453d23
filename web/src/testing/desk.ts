/** A desk that answers tests, over the same requests a real one gets. */
import { delay, http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import * as fixtures from "@/testing/fixtures";
import * as trading from "@/testing/trading_fixtures";

const at = (path: string) => `*/api/v1${path}`;

/** A problem+json answer. */
export const refusal = (status: number, code: string, more: Record<string, unknown> = {}) =>
  HttpResponse.json({ title: code, status, code, detail: `What ${code} means.`, correlation_id: "from-desk", ...more }, { status });

export const answers = {
  get: (path: string, body: unknown) => http.get(at(path), () => HttpResponse.json(body as Record<string, unknown>)),
  post: (path: string, body: unknown, status = 200) => http.post(at(path), () => HttpResponse.json(body as Record<string, unknown>, { status })),
  refuse: (method: "get" | "post" | "delete", path: string, status: number, code: string, more?: Record<string, unknown>) =>
    http[method](at(path), () => refusal(status, code, more)),
  never: (path: string) => http.get(at(path), () => delay("infinite")),
};

export const desk = setupServer(
  answers.post("/session", fixtures.session()),
  answers.post("/session/refresh", fixtures.session()),
  http.delete(at("/session"), () => new HttpResponse(null, { status: 204 })),
  answers.get("/health", { status: "ok", version: "0.1.0", checks: {} }),
  answers.get("/portfolio", fixtures.portfolio()),
  answers.get("/portfolio/uncertainty", { base_asset: "USDT", proven: true, value: { low: "7319.4462", high: "7319.4462" }, realised: { low: "0", high: "0" }, findings: [], prices: [] }),
  answers.get("/positions", { items: [] }),
  answers.get("/candles", fixtures.candlePage()),
  answers.get("/accounts", { items: [fixtures.account()] }),
  answers.get("/reconciliation", { items: [], base_asset: "USDT", total: 0, differing: 0, next_cursor: null }),
  answers.get("/venues", { items: [{ venue: "binance", name: "Binance", needs: ["key", "secret"] }] }),
  answers.get("/balancer", { items: [fixtures.venueBudget()] }),
  answers.get("/halts", trading.halts()),
  answers.get("/orders", { items: [trading.order()], next_cursor: null }),
  answers.get("/orders/preview", trading.preview()),
  answers.refuse("get", "/chart-layouts/:id", 404, "charts.layout_not_found"),
  http.put(at("/chart-layouts/:id"), async ({ request, params }) => {
    const { name, content, replaces } = (await request.json()) as { name: string; content: object; replaces: number };
    const instant = "2026-11-20T12:00:00.000000Z";
    return HttpResponse.json({ layout_id: params["id"] as string, name, content, version: replaces + 1, made_at: instant, changed_at: instant });
  }),
  answers.get("/indicators", { items: [] }),
  answers.get("/limits", { items: [], audit: [] }),
  answers.get("/ledger", { items: [fixtures.entry(2), fixtures.entry(1)], next_cursor: null }),
);
