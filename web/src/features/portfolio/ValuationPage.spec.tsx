import { screen, within } from "@testing-library/react";
import { run } from "axe-core";
import { beforeEach, describe, expect, it } from "vitest";
import { answers, desk } from "@/testing/desk";
import { openPage } from "@/testing/page";

const PATIENCE = { timeout: 15_000 };
const AT = "2026-11-20T12:00:00.000000Z";
const source = (venue: string, symbol: string, price: string, more: Record<string, unknown> = {}) => ({ venue, symbol, price, at: AT, converted: price, deviation_bp: "0", is_fresh: true, ...more });
const valuation = (more: Record<string, unknown> = {}) => ({
  portfolio_id: "portfolio",
  at: AT,
  base_asset: "USDT",
  value: "211",
  is_proven: false,
  unproven: 2,
  assets: [
    {
      asset: "BTC",
      quantity: "2",
      price: "100",
      priced_at: AT,
      value: "200",
      verdict: "agreed",
      is_proven: true,
      steps: [
        {
          symbol: "BTC/USDT",
          value: "100",
          at: AT,
          verdict: "agreed",
          venue: "binance",
          median: "100.25",
          sources: [source("binance", "BTC/USDT", "100", { deviation_bp: "-24.94" }), source("kraken", "BTC/USD", "99", { converted: null, deviation_bp: null, is_fresh: false })],
        },
      ],
    },
    { asset: "ADA", quantity: "10", price: "1", priced_at: AT, value: "10", verdict: "one_source", is_proven: false, steps: [{ symbol: "ADA/USDT", value: "1", at: AT, verdict: "one_source", venue: "binance", median: "1", sources: [source("binance", "ADA/USDT", "1")] }] },
    { asset: "USDT", quantity: "1", price: "1", priced_at: null, value: "1", verdict: "agreed", is_proven: true, steps: [] },
    { asset: "DOGE", quantity: "5", price: null, priced_at: null, value: null, verdict: null, is_proven: false, steps: [] },
  ],
  ...more,
});

describe("how the portfolio is valued", () => {
  beforeEach(() => desk.use(answers.get("/portfolio/valuation", valuation())));

  it("names each price's venues, which of them counts, and how far each is off", async () => {
    openPage("/portfolio/valuation");
    const panel = await screen.findByTestId("valuation", {}, PATIENCE);
    const [bitcoin, cardano, dollars, nothing] = await within(panel).findAllByTestId("asset-valuation");
    expect(bitcoin?.textContent).toMatch(/BTC.*confirmed/);
    expect(within(bitcoin!).getAllByTestId("price-source").map((row) => row.textContent)).toEqual([
      expect.stringMatching(/BINANCE:BTC\/USDT.*counts.*100.*-24\.94 bp/),
      expect.stringMatching(/KRAKEN:BTC\/USD.*99.*—.*left out/),
    ]);
    expect(cardano?.textContent).toContain("one source");
    expect(dollars?.textContent).toContain("base currency itself");
    expect(nothing?.textContent).toMatch(/no price.*in no value/);
    expect(panel.textContent).toContain("2 not proven");
    const { violations } = await run(panel, { rules: { "color-contrast": { enabled: false } } });
    expect(violations).toEqual([]);
  });

  it("shows any past value by its instant", async () => {
    desk.use(answers.get("/portfolio/valuations/*", valuation({ value: "7", assets: [], unproven: 0 })));
    openPage(`/portfolio/valuation?at=${encodeURIComponent(AT)}`);
    expect((await screen.findByTestId("valuation", {}, PATIENCE)).textContent).toContain("How this is valued");
    expect(await screen.findByText("Nothing is held", {}, PATIENCE)).toBeTruthy();
  });

  it("tells what failed", async () => {
    desk.use(answers.refuse("get", "/portfolio/valuation", 503, "database.unavailable"));
    openPage("/portfolio/valuation");
    expect((await screen.findByTestId("failure", {}, PATIENCE)).textContent).toContain("database.unavailable");
  });

  it("is reached from the portfolio's total", async () => {
    openPage("/portfolio");
    expect((await screen.findByText("how valued?", {}, PATIENCE)).getAttribute("href")).toBe("/portfolio/valuation");
  });
});
