import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { coverage, fxRate, marketQuality, qualityPage, refusedPrice, source } from "@/features/quality/testing";
import { answers, desk, refusal } from "@/testing/desk";
import { openPage } from "@/testing/page";
import { decimal } from "@/shared/decimals";

const rates = (items: readonly unknown[]) => ({ items, base: "USD", bound_ratio: "0.03", next_cursor: null });

const told = (source: string, rate: string) => ({ source, rate: decimal(rate), at: "2026-11-20T12:00:00Z" });
const DIFFERS = fxRate({ currency: "ARS", state: "differs", rate: decimal("42.381"), first: told("openexchangerates", "53.1"), other: told("ecb", "42.402"), deviation_ratio: decimal("0.252299"), differs_since: "2026-11-20T12:00:00Z" });

function answer(isEmpty = false): void {
  const list = (items: readonly unknown[]) => (isEmpty ? [] : items);
  desk.use(
    answers.get("/market-quality", isEmpty ? qualityPage([]) : qualityPage([marketQuality()], { spike: 412, crossed: 3 })),
    answers.get("/market-quality/refused", { items: [refusedPrice()] }),
    answers.get("/candle-coverage", { items: list([coverage()]), next_cursor: null }),
    answers.get("/reference-sources", { items: list([source({ failure_code: "fx.rate_limited" }), source({ source: "coinmarketcap", credits_month: 2410 })]), as_of: "2026-11-20T12:00:00Z" }),
    answers.get("/fx-rates", rates(list([fxRate(), fxRate({ currency: "AED", state: "single", other: null, deviation_ratio: null }), DIFFERS, { ...DIFFERS, currency: "TRY", used: false }]))),
  );
}

describe("the page of data quality", () => {
  beforeEach(() => answer());

  it("counts what was refused by cause, and shows a lie as it was told", async () => {
    openPage("/quality");
    const row = await screen.findByTestId("market-quality", {}, { timeout: 30_000 }); // the first page loads its parts
    expect(row.textContent).toMatch(/BTC\/USDT.*Bitfinex.*quarantined.*63250\.1.*63248\.5 \(4\).*0\.003 %.*415.*far from other venues 412, bid above ask 3/);
    expect(screen.getByTestId("refused-sum").textContent).toMatch(/412 far from other venues.*3 bid above ask/);
    await userEvent.click(within(row).getByRole("button", { name: "BTC/USDT" }));
    expect((await screen.findByTestId("refused-price")).textContent).toMatch(/far from other venues77100\.01.*63248\.5 \(4\).*21\.9 %/);
    expect(window.location.search).toContain("market=BITFINEX");
  });

  it("tells holes with their causes and when the rest is there", async () => {
    openPage("/quality");
    const row = await screen.findByTestId("coverage");
    expect(row.textContent).toMatch(/KRAKEN:ETH\/EUR.*has holes.*99\.00 %.*1 h 10 min.*1 open of 1/);
    expect(within(row).getByTestId("hole").textContent).toMatch(/40 min: another venue's prices are too far off.*BINANCE is 4\.1 % away/);
  });

  it("asks for a history and says why that was refused", async () => {
    const sent: unknown[] = [];
    desk.use(
      http.post("*/api/v1/candle-coverage", async ({ request }) => {
        sent.push(await request.json());
        return sent.length === 1 ? refusal(404, "candles.unknown_market") : HttpResponse.json({ ...coverage() }, { status: 202 });
      }),
    );
    openPage("/quality");
    const form = await screen.findByTestId("ask-history");
    await userEvent.type(within(form).getByLabelText(/Series/), "htx:doge/usdt");
    await userEvent.click(within(form).getByRole("button", { name: "Fill its history" }));
    expect(await within(form).findByText(/candles\.unknown_market/)).toBeTruthy();
    await userEvent.click(within(form).getByRole("button", { name: "Fill its history" }));
    await waitFor(() => expect(sent).toEqual([{ series: "HTX:DOGE/USDT" }, { series: "HTX:DOGE/USDT" }]));
  });

  it("tells what both sources say of each rate, those that differ first", async () => {
    openPage("/quality");
    const rows = await screen.findAllByTestId("fx-rate");
    expect(rows.map((row) => row.dataset["state"])).toEqual(["differs", "differs", "agreed", "single"]);
    expect(rows[0]?.textContent).toMatch(/ARS.*differs for .*42\.381.*Open Exchange Rates 53\.1.*European Central Bank 42\.402.*25\.23 %/);
    expect(rows[1]?.textContent).toMatch(/TRY.*differs.*none.*53\.1.*42\.402/);
    expect(rows[2]?.textContent).toMatch(/EUR.*two agree0\.8642.*Open Exchange Rates 0\.8642European Central Bank 0\.8639/);
    expect(rows[3]?.textContent).toMatch(/AED.*one source.*Open Exchange Rates 0\.8642says nothing—/);
    expect(screen.getByTestId("rates-sum").textContent).toMatch(/4 currencies.*1 agree within 3\.00 %.*2 differ.*1 of one source/);
    await userEvent.selectOptions(screen.getByLabelText("State of rates"), "single");
    expect(screen.getAllByTestId("fx-rate").map((row) => row.dataset["state"])).toEqual(["single"]);
    await userEvent.selectOptions(screen.getByLabelText("State of rates"), "stale");
    expect(screen.getByText("No rate of this kind.")).toBeTruthy();
  });

  it("says which source fails and what a plan spent", async () => {
    openPage("/quality");
    const [first, second] = await screen.findAllByTestId("source");
    expect(first?.textContent).toMatch(/Open Exchange Rates.*fx\.rate_limited.*168 rows/);
    expect(second?.textContent).toMatch(/CoinMarketCap, listing.*answers.*2,410 credits/);
  });

  it("says of every panel that there is nothing yet", async () => {
    answer(true);
    openPage("/quality");
    for (const text of ["Nothing was refused", "No history is kept yet", "No source was asked yet", "No rate is known yet"]) expect(await screen.findByText(text)).toBeTruthy();
  });

  it("says what failed, and keeps what was known", async () => {
    const { services } = openPage("/quality");
    await screen.findByTestId("market-quality");
    const panel = screen.getByTestId("quality-prices");
    desk.use(answers.refuse("get", "/market-quality", 503, "database.unavailable"));
    services.resources.refresh("market-quality");
    await waitFor(() => expect(within(panel).getByText(/database\.unavailable/)).toBeTruthy());
    expect(within(panel).getByTestId("market-quality")).toBeTruthy();
  });

  it("is one that everybody can use", async () => {
    openPage("/quality");
    await screen.findByTestId("market-quality");
    const { violations } = await run(document.body, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });
});
