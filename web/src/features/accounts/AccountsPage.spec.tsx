import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import "@/features/accounts/AccountsPage";
import "@/features/accounts/ImportingPage";
import type { Account } from "@/core/contracts";
import { account, ACCOUNT_ID, importProgress } from "@/testing/fixtures";
import { keyCard } from "@/testing/keys_fixtures";
import { answers, desk } from "@/testing/desk";
import { openPage } from "@/testing/page";

const VENUES = ["binance", "kraken", "coinbase", "bitfinex", "htx"];

/** Twenty accounts at five venues, some of them importing. */
const TWENTY: readonly Account[] = Array.from({ length: 20 }, (_, at) => {
  const account_id = `account-${at}`;
  const isRunning = at % 4 === 0;
  const progress = importProgress({ account_id, import_id: `import-${at}`, state: isRunning ? "running" : "done", progress_ratio: isRunning ? 0.5 : 1, eta_s: isRunning ? 60 + at : 0, rows_skipped: at === 1 ? 3 : 0 });
  return account({ account_id, label: `Account ${at}`, venue: VENUES[at % 5] ?? "", import: progress });
});

const AT = "2026-11-21T12:00:00Z";
const check = (asset: string, proven_until: string | null) => ({
  account_id: ACCOUNT_ID,
  wallet: "spot",
  asset,
  derived: "1",
  reported: "1",
  difference: "0",
  difference_value: null,
  reported_at: AT,
  age_s: 1,
  cycles_open: 0,
  open_since: null,
  proven_since: AT,
  proven_until,
});

describe("the accounts in one table", () => {
  it("shows twenty accounts of five venues with what each is worth and may", async () => {
    const checks = [check("BTC", "2026-11-21T12:00:00Z"), check("ETH", "2026-11-20T12:00:00Z"), { ...check("ETH", null), account_id: "account-0" }];
    desk.use(
      answers.get("/accounts", { items: [account({ history_since: "2026-07-01T00:00:00Z" }), ...TWENTY] }),
      answers.get("/reconciliation", { items: checks, base_asset: "USDT", total: 3, differing: 0, next_cursor: null }),
    );
    openPage("/accounts");
    const rows = await screen.findAllByTestId("account");
    expect(rows).toHaveLength(21);
    const first = within(rows[0] ?? document.body);
    expect(first.getByTestId("key-badge").textContent).toBe("…f3Qzreads onlyany address");
    await waitFor(() => expect(rows[0]?.textContent).toContain("to 2026"));
    expect(rows[0]?.textContent).toMatch(/7,319\.4.*from 2026-07-01.*to 2026-11-20/);
    expect(rows[1]?.textContent).toContain("50 %");
    expect(rows[2]?.textContent).toContain("3 aside");
    expect(screen.getByRole("link", { name: "5 importing" }).getAttribute("href")).toBe("/accounts/importing");
  });

  it("says what is wrong with a key, and what a manual account has none of", async () => {
    const items = [account({ state: "failing", state_code: "accounts.not_connected" }), account({ account_id: "m", state: "manual", label: "Old files", key_hint: null, permissions: null })];
    desk.use(answers.get("/accounts", { items }));
    openPage("/accounts");
    const rows = await screen.findAllByTestId("account");
    expect(rows[0]?.textContent).toContain("accounts.not_connected");
    expect(rows[1]?.textContent).toMatch(/fed by files.*no key/);
  });

  it("imports, and tests a key and opens its card, from the row", async () => {
    const imported: string[] = [];
    desk.use(
      answers.post(`/accounts/${ACCOUNT_ID}/key/test`, keyCard()),
      answers.get(`/accounts/${ACCOUNT_ID}/key`, keyCard()),
      http.post(`*/api/v1/accounts/${ACCOUNT_ID}/import`, () => {
        imported.push("asked");
        return HttpResponse.json(importProgress());
      }),
    );
    const user = userEvent.setup();
    openPage("/accounts");
    const menu = await screen.findByLabelText("What to do with Long hold");
    await user.click(menu);
    await user.click(await screen.findByText("Import what is new"));
    await waitFor(() => expect(imported).toEqual(["asked"]));
    await user.click(menu);
    await user.click(await screen.findByText("Test the key"));
    expect(await screen.findByTestId("key-card")).toBeDefined();
  });

  it("puts in another key from the row", async () => {
    const user = userEvent.setup();
    openPage("/accounts");
    await user.click(await screen.findByLabelText("What to do with Long hold"));
    await user.click(await screen.findByText("Put in another key…"));
    expect(await screen.findByTestId("rotate-form")).toBeDefined();
  });

  it("is empty, fails, and keeps the last known rows when the desk goes", async () => {
    desk.use(answers.refuse("get", "/accounts", 503, "database.unavailable"));
    const { services } = openPage("/accounts");
    expect((await screen.findByTestId("failure")).textContent).toContain("database.unavailable");
    desk.use(answers.get("/accounts", { items: [] }));
    await userEvent.setup().click(screen.getByRole("button", { name: "Try again" }));
    expect((await screen.findByTestId("empty")).textContent).toContain("No account is connected");
    desk.use(answers.get("/accounts", { items: [account()] }));
    act(() => services.resources.refresh("accounts"));
    await screen.findByTestId("account");
    desk.use(answers.refuse("get", "/accounts", 503, "database.unavailable"));
    act(() => services.resources.refresh("accounts"));
    expect(await screen.findByText(/Last known values/)).toBeDefined();
  });

  it("has no fault that axe finds", async () => {
    desk.use(answers.get("/accounts", { items: TWENTY }));
    openPage("/accounts");
    await screen.findByTestId("accounts-table");
    const { violations } = await run(screen.getByTestId("accounts-table"), { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});

describe("the imports side by side", () => {
  it("shows those that run first, with what they brought and when all of them end", async () => {
    desk.use(answers.get("/accounts", { items: TWENTY }));
    openPage("/accounts/importing");
    const rows = await screen.findAllByTestId("importing");
    expect(rows).toHaveLength(20);
    expect(rows.slice(0, 5).map((row) => row.dataset["state"])).toEqual(Array(5).fill("running"));
    expect(rows[0]?.textContent).toMatch(/Account 0Binance.*50\.0 %.*1 of 4.*120/);
    expect(screen.getByText(/all done in about 1 min/)).toBeDefined();
    expect(screen.getByRole("heading", { name: "Importing (5)" })).toBeDefined();
  });

  it("says that a venue wants a pause, and that nothing was imported yet", async () => {
    const waiting = importProgress({ error_code: "venue.rate_limited", error_message: "The venue asks for a pause.", eta_s: null });
    desk.use(answers.get("/accounts", { items: [account({ import: waiting })] }));
    openPage("/accounts/importing");
    expect((await screen.findByTestId("importing")).textContent).toMatch(/waits.*being measured/);
    const { violations } = await run(screen.getByTestId("importing-table"), { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  it("has its empty and its failed state", async () => {
    desk.use(answers.refuse("get", "/accounts", 503, "database.unavailable"));
    openPage("/accounts/importing");
    expect((await screen.findByTestId("failure")).textContent).toContain("database.unavailable");
    desk.use(answers.get("/accounts", { items: [account()] }));
    await userEvent.setup().click(screen.getByRole("button", { name: "Try again" }));
    expect((await screen.findByTestId("empty")).textContent).toContain("Nothing was imported yet");
  });
});
