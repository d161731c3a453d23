import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { decimal } from "@/shared/decimals";
import { answers, desk } from "@/testing/desk";
import { account } from "@/testing/fixtures";
import { openPage } from "@/testing/page";
import * as trading from "@/testing/trading_fixtures";

const TRADES = account({ permissions: { may_read: true, may_trade: true, may_withdraw: false, ip_bound: false, checked_at: null } });

const withTrader = () => desk.use(answers.get("/accounts", { items: [TRADES] }));

describe("the orders' page", () => {
  it("shows what is open and cancels one", async () => {
    const user = userEvent.setup();
    const cancelled: string[] = [];
    desk.use(
      http.delete("*/api/v1/orders/:id", ({ params }) => {
        cancelled.push(String(params["id"]));
        return HttpResponse.json(trading.order({ state: "cancelled" }));
      }),
    );
    openPage("/orders");
    const row = await screen.findByTestId("order");
    expect(row.textContent).toContain("BTC/USDT");
    expect(row.textContent).toContain("0.07319000 BTC");
    expect(row.textContent).toContain("40,000");
    expect(screen.getByTestId("freshness").textContent).toBe("every 1.5 s");
    await user.click(within(row).getByRole("button", { name: /^Cancel/ }));
    await waitFor(() => expect(cancelled).toEqual(["order-1"]));
    expect(await screen.findByText("Buy order on BTC/USDT cancelled.")).toBeDefined();
  });

  it("places by keyboard what the preview said, under one key however often it is sent", async () => {
    withTrader();
    const keys: (string | null)[] = [];
    const bodies: unknown[] = [];
    desk.use(
      http.post("*/api/v1/orders", async ({ request }) => {
        keys.push(request.headers.get("Idempotency-Key"));
        bodies.push(await request.json());
        if (keys.length === 1) return HttpResponse.json({}, { status: 503 });
        return HttpResponse.json(trading.order({ state: "filled" }), { status: 201 });
      }),
    );
    const user = userEvent.setup();
    openPage("/portfolio");
    await screen.findByTestId("portfolio-cards");
    await user.keyboard("n");
    const size = await screen.findByTestId("ticket-size");
    await waitFor(() => expect(document.activeElement).toBe(size));
    await user.keyboard("1000 usdt");
    expect((await screen.findByTestId("preview")).textContent).toContain("0.07319000 BTC");
    await user.keyboard("{Enter}");
    expect((await screen.findByTestId("failure")).textContent).toContain("can't place it twice");
    desk.use(answers.get("/orders/preview", trading.preview({ quantity: decimal("0.07201") })));
    await waitFor(() => expect(screen.getByTestId("preview").textContent).toContain("0.07201"), { timeout: 10_000 });
    await user.click(screen.getByTestId("place"));
    expect(await screen.findByText("Buy order on BTC/USDT filled.")).toBeDefined();
    expect(new Set(keys).size).toBe(1);
    expect(bodies[1]).toEqual(bodies[0]);
    expect(bodies[0]).toEqual({ account_id: TRADES.account_id, instrument: "BINANCE:BTC/USDT", side: "buy", type: "market", reduce_only: false, quantity: "0.07319" });
    expect((size as HTMLInputElement).value).toBe("");
  });

  it("says why an order would be refused and does not let it be placed", async () => {
    withTrader();
    desk.use(answers.get("/orders/preview", trading.preview({ code: "orders.limit_notional", message: "The order would be too large." })));
    const user = userEvent.setup();
    openPage("/orders");
    await user.type(await screen.findByTestId("ticket-size"), "5");
    expect((await screen.findByTestId("preview")).textContent).toContain("orders.limit_notional");
    expect(screen.getByTestId("place")).toHaveProperty("disabled", true);
    await user.keyboard("{Escape}");
    expect(screen.getByTestId<HTMLInputElement>("ticket-size").value).toBe("");
  });

  it("shows what an order went through", async () => {
    const steps = [
      { at: trading.order().created_at, state: "sent", filled: "0", code: null, source: "desk" },
      { at: trading.order().created_at, state: "unknown", filled: "0", code: "orders.outcome_unknown", source: "desk" },
    ];
    desk.use(answers.get("/orders/order-1", { ...trading.order({ state: "unknown", code: "orders.outcome_unknown" }), steps }));
    const user = userEvent.setup();
    openPage("/orders");
    await user.click(await screen.findByRole("button", { name: "BTC/USDT" }));
    const list = await screen.findByRole("list", { name: "What the order went through" });
    expect(list.textContent).toContain("unknown");
    expect(list.textContent).toContain("orders.outcome_unknown");
  });

  it("sets the desk's limits", async () => {
    const bodies: unknown[] = [];
    desk.use(
      http.put("*/api/v1/limits", async ({ request }) => {
        const body = (await request.json()) as Record<string, unknown>;
        bodies.push(body);
        return HttpResponse.json({ ...body, account_id: null });
      }),
    );
    const user = userEvent.setup();
    openPage("/orders?limits=1");
    const form = await screen.findByTestId("limits-form");
    await user.type(within(form).getByLabelText(/Most of one order/), "5000");
    await user.type(within(form).getByLabelText(/Of named assets/), "BTC 100");
    await user.click(within(form).getByRole("button", { name: "Set these limits" }));
    await waitFor(() => expect(bodies).toHaveLength(1));
    expect(bodies[0]).toMatchObject({ notional_max: "5000", exposure_max: null, asset_exposures: { BTC: "100" }, reduce_only: false });
  });

  it("has an empty state, tells what failed, and keeps the last known orders when the desk goes", async () => {
    desk.use(answers.get("/orders", { items: [], next_cursor: null }));
    const { services } = openPage("/orders");
    expect((await screen.findByText("No order is open")).textContent).toBeDefined();
    desk.use(answers.get("/orders", { items: [trading.order()], next_cursor: null }));
    act(() => services.resources.refresh("orders:"));
    await screen.findByTestId("order");
    desk.use(answers.refuse("get", "/orders", 503, "database.unavailable"));
    act(() => services.resources.refresh("orders:"));
    expect((await screen.findByText(/Last known values/)).textContent).toMatch(/database\.unavailable.*Last known values, (now|\d+ s) old/);
    expect(screen.getByTestId("order")).toBeDefined();
  });

  it("masks quantities", async () => {
    const user = userEvent.setup();
    openPage("/orders");
    await screen.findByTestId("order");
    await user.click(screen.getByTestId("mask"));
    expect(screen.getByTestId("order").textContent).not.toContain("7319");
  });

  it("has no fault that axe finds", async () => {
    withTrader();
    openPage("/orders");
    await screen.findByTestId("order");
    const { violations } = await run(document.querySelector("main") ?? document.body, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});
