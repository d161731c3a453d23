import { act, screen, waitFor, within } from "@testing-library/react";
import { run } from "axe-core";
import { describe, expect, it } from "vitest";
import { answers, desk } from "@/testing/desk";
import { position } from "@/testing/fixtures";
import { openPage } from "@/testing/page";

describe("futures positions on the portfolio's page", () => {
  it("are not shown to whom holds none", async () => {
    openPage("/portfolio");
    await screen.findByTestId("portfolio-cards");
    expect(screen.queryByTestId("contracts")).toBeNull();
  });

  it("tell contract, side, quantity, prices, what closing would bring and where they end", async () => {
    const short = position({ contract: "ETH/USDT:USDT", side: "short", liquidation_price: null });
    desk.use(answers.get("/positions", { items: [position(), short] }));
    openPage("/portfolio");
    const panel = await screen.findByTestId("contracts");
    expect(within(panel).getByRole("heading").textContent).toBe("Futures positions (2)");
    expect(panel.textContent).toMatch(/BTC\/USDT:USDT.*long.*0\.7319.*60,000\.12.*61,000\.50.*\+732\.17.*USDT.*44,620\.50/);
    expect(panel.textContent).toMatch(/ETH\/USDT:USDT.*short.*—/);
    expect(within(panel).getAllByTitle("732.17319 USDT")).toHaveLength(2);
  });

  it("tell what failed, and keep the last known when the desk goes", async () => {
    desk.use(answers.refuse("get", "/positions", 503, "database.unavailable"));
    const { services } = openPage("/portfolio");
    expect((await screen.findByTestId("contracts")).textContent).toContain("database.unavailable");
    desk.use(answers.get("/positions", { items: [position()] }));
    act(() => services.resources.refresh("positions"));
    await waitFor(() => expect(screen.getByTestId("contracts").textContent).toContain("BTC/USDT:USDT"));
    desk.use(answers.refuse("get", "/positions", 503, "database.unavailable"));
    act(() => services.resources.refresh("positions"));
    await waitFor(() => expect(screen.getByTestId("contracts").textContent).toContain("Last known values"));
    expect(screen.getByTestId("contracts").textContent).toContain("BTC/USDT:USDT");
  });

  it("have no fault that axe finds", async () => {
    desk.use(answers.get("/positions", { items: [position()] }));
    openPage("/portfolio");
    const { violations } = await run(await screen.findByTestId("contracts"), { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });
});
