/** A desk that answers tests, over the same requests a real one gets. */
import { delay, http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import * as fixtures from "@/testing/fixtures";

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
  answers.get("/candles", fixtures.candlePage()),
  answers.get("/accounts", { items: [fixtures.account()] }),
  answers.get("/venues", { items: [{ venue: "binance", name: "Binance", needs: ["key", "secret"] }] }),
  answers.get("/balancer", { items: [fixtures.venueBudget()] }),
  answers.get("/ledger", { items: [fixtures.entry(2), fixtures.entry(1)], next_cursor: null }),
);
