import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { describe, expect, it } from "vitest";
import type { BudgetEgress } from "@/core/contracts";
import { answers, desk } from "@/testing/desk";
import { venueBudget } from "@/testing/fixtures";
import { openPage } from "@/testing/page";

const BANNED: BudgetEgress = { egress: "egress-2", address: "192.0.2.11", state: "banned", banned_until: "2026-11-20T12:05:00.000000Z", limits: [] };

describe("the budgets' page", () => {
  it("shows what is used of each limit, who waited and what came of it", async () => {
    openPage("/budgets");
    const row = await screen.findByTestId("budget-row");
    expect(row.textContent).toMatch(/egress-1free.*192\.0\.2\.10.*weight.*4,500 \/ 6,000.*75 %.*resets/);
    const meter = within(row).getByRole("meter", { name: "weight used of egress-1" });
    expect(meter.getAttribute("aria-valuetext")).toBe("4500 of 6000");
    const waits = within(screen.getByRole("table", { name: "Waits at binance by priority" }));
    expect(waits.getByRole("row", { name: /^Orders/ }).textContent).toBe("Orders120.5 ms≤ 1 ms≤ 5 ms");
    expect(waits.getByRole("row", { name: /^History/ }).textContent).toBe("History1,234900 ms≤ 500 ms> 60 s");
    expect(screen.getByTestId("budgets-grid").textContent).toMatch(/Told to wait3Answered 4291Answered 4180Cache hits75\.0 %/);
  });

  it("says which addresses a restricted key must allow", async () => {
    openPage("/budgets");
    expect((await screen.findByTestId("budget-addresses")).textContent).toBe("If a key is restricted to addresses at binance, allow 192.0.2.10.");
    desk.use(answers.get("/balancer", { items: [venueBudget({ egresses: [BANNED, { ...BANNED, egress: "own", address: "" }] })] }));
    openPage("/budgets");
    expect((await screen.findAllByText(/and the address this desk reaches the internet from/)).length).toBe(1);
  });

  it("says until when a way out is banned, and which venues nobody asks", async () => {
    const idle = venueBudget({ venue: "kraken", waits: [], refused: {} });
    desk.use(answers.get("/balancer", { items: [venueBudget({ egresses: [BANNED] }), idle] }));
    openPage("/budgets");
    expect((await screen.findByTestId("budget-row")).textContent).toContain("egress-2banned192.0.2.11until 2026-11-20 13:05:00");
    expect(screen.getByTestId("budgets-grid").textContent).toContain("Not asked lately: kraken");
  });

  it("says so where no venue was asked yet", async () => {
    desk.use(answers.get("/balancer", { items: [venueBudget({ egresses: [], waits: [], refused: {} })] }));
    openPage("/budgets");
    expect((await screen.findByTestId("empty")).textContent).toContain("No venue was asked yet");
  });

  it("tells what failed, tries again, and keeps the last known budgets when the desk goes", async () => {
    desk.use(answers.refuse("get", "/balancer", 503, "balancer.budget_lost"));
    const user = userEvent.setup();
    const { services } = openPage("/budgets");
    expect((await screen.findByTestId("failure")).textContent).toContain("balancer.budget_lost");
    desk.use(answers.get("/balancer", { items: [venueBudget()] }));
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByTestId("budget-row")).toBeDefined();
    desk.use(answers.refuse("get", "/balancer", 503, "balancer.budget_lost"));
    act(() => services.resources.refresh("budgets"));
    await waitFor(() => expect(screen.getByText(/Last known values/)).toBeDefined());
    expect(screen.getByTestId("budget-row")).toBeDefined();
  });

  it("is reached by its key and has no fault that axe finds", async () => {
    const user = userEvent.setup();
    openPage("/portfolio");
    await screen.findByTestId("portfolio-cards");
    await user.keyboard("gb");
    const grid = await screen.findByTestId("budgets-grid");
    const { violations } = await run(grid, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});
