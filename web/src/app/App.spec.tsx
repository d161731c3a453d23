import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { answers, desk, refusal } from "@/testing/desk";
import { account, ACCOUNT_ID, importProgress, portfolio } from "@/testing/fixtures";
import { openPage } from "@/testing/page";

/** Digits that every private amount of the fixtures holds. */
const PRIVATE = /7319|7,319|4462|4,462|73\.19|1,?196/;
const everything = () => `${document.documentElement.outerHTML} ${document.title}`;

describe("signing in", () => {
  it("leads to the portfolio, and out again", async () => {
    const user = userEvent.setup();
    openPage("/", { signedIn: false });
    await user.type(await screen.findByLabelText(/E-mail/), "someone@example.test");
    await user.type(screen.getByLabelText(/^Password/), "password{Enter}");
    expect(await screen.findByTestId("portfolio-cards")).toBeDefined();
    await user.click(screen.getByTestId("sign-out"));
    expect((await screen.findByRole("status")).textContent).toContain("You have signed out");
  });

  it("refuses without saying which of both was wrong", async () => {
    desk.use(answers.refuse("post", "/session", 401, "session.refused"));
    const user = userEvent.setup();
    openPage("/", { signedIn: false });
    await user.type(await screen.findByLabelText(/E-mail/), "a@b.test");
    await user.type(screen.getByLabelText(/^Password/), "wrong{Enter}");
    const alert = await screen.findByTestId("sign-in-error");
    expect(alert.textContent).toContain("E-mail or password is wrong.");
    expect(alert.textContent).toContain("session.refused");
  });
});

describe("masking", () => {
  it.each([
    ["/portfolio", "portfolio-cards"],
    ["/portfolio?view=holdings", "portfolio-cards"],
    ["/ledger", "ledger-cards"],
  ])("leaves no balance and no size at %s", async (path, testId) => {
    const user = userEvent.setup();
    openPage(path);
    await screen.findByTestId(testId);
    await waitFor(() => expect(everything()).toMatch(PRIVATE));
    await user.keyboard("m");
    await waitFor(() => expect(everything()).not.toMatch(PRIVATE));
    expect(screen.getByTestId("total").textContent).toContain("36.65 %");
    await user.keyboard("m");
    await waitFor(() => expect(everything()).toMatch(PRIVATE));
  });

  it("reaches an entry's legs", async () => {
    const user = userEvent.setup();
    openPage("/ledger");
    const cards = await screen.findByTestId("ledger-cards");
    await user.keyboard("m");
    await user.click(cards.querySelector("button")!);
    expect((await screen.findByTestId("ledger-entry")).textContent).toContain("trade:XRPETH:2");
    expect(everything()).not.toMatch(PRIVATE);
  });

  it("outlives a reload", () => {
    localStorage.setItem("nightdesk.preferences", JSON.stringify({ masked: true }));
    expect(openPage("/").services.preferences.store.value.masked).toBe(true);
  });
});

describe("a panel", () => {
  it("says what failed, with its code and id, and tries again", async () => {
    desk.use(answers.refuse("get", "/portfolio", 503, "database.unavailable"));
    const user = userEvent.setup();
    openPage("/portfolio");
    const failure = await screen.findByTestId("failure");
    expect(failure.textContent).toContain("database.unavailable");
    expect(failure.textContent).toContain("from-desk");
    desk.use(answers.get("/portfolio", portfolio()));
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByTestId("portfolio-cards")).toBeDefined();
  });

  it("says what to do where nothing is yet", async () => {
    desk.use(answers.get("/portfolio", portfolio({ assets: [], holdings: [], accounts: [], unpriced: [] })));
    openPage("/portfolio");
    expect((await screen.findByTestId("empty")).textContent).toContain("Connect an account");
  });
});

describe("keys", () => {
  it("reach pages by themselves and by the palette", async () => {
    const user = userEvent.setup();
    openPage("/portfolio");
    await screen.findByTestId("portfolio-cards");
    await user.keyboard("gl");
    await waitFor(() => expect(location.pathname).toBe("/ledger"));
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByRole("combobox", { name: /Find a page/ }), "ledger of xrp{Enter}");
    await waitFor(() => expect(location.search).toBe("?asset=XRP"));
  });

  it("are listed", async () => {
    const user = userEvent.setup();
    openPage("/portfolio");
    await screen.findByTestId("portfolio-cards");
    await user.keyboard("?");
    expect(await screen.findByRole("dialog", { name: "Keys" })).toBeDefined();
  });
});

describe("connecting an account", () => {
  async function fill(secret: string) {
    const user = userEvent.setup();
    const form = within(await screen.findByTestId("connect-form"));
    await user.type(form.getByLabelText(/^Name/), "Bots");
    await user.type(form.getByLabelText(/^Key/), "key");
    await user.type(form.getByLabelText(/^Secret/), `${secret}{Enter}`);
  }

  it("tells why a key is refused and what to do, and keeps the form", async () => {
    desk.use(http.post("*/api/v1/accounts", () => refusal(422, "accounts.key_may_withdraw")));
    openPage("/accounts?connect=1");
    await fill("secret");
    const alert = await screen.findByTestId("connect-error");
    expect(alert.textContent).toContain("accounts.key_may_withdraw");
    expect(alert.textContent).toContain("may withdraw funds");
    expect(within(screen.getByTestId("connect-form")).getByLabelText<HTMLInputElement>(/^Key/).value).toBe("key");
  });

  it("sends it once with a key of its own, then shows the import", async () => {
    const sent: { key: string | null; body: unknown }[] = [];
    desk.use(
      http.post("*/api/v1/accounts", async ({ request }) => {
        sent.push({ key: request.headers.get("Idempotency-Key"), body: await request.json() });
        return HttpResponse.json(account({ label: "Bots", import: importProgress() }), { status: 201 });
      }),
      answers.get(`/accounts/${ACCOUNT_ID}/import`, importProgress({ state: "done", progress_ratio: 1, rows_recorded: 12_477 })),
    );
    openPage("/accounts?connect=1");
    await fill(" secret ");
    expect((await screen.findByTestId("rows-recorded")).textContent).toBe("12,477");
    expect(sent).toEqual([{ key: expect.stringMatching(/^[0-9a-f]{32}$/) as string, body: { venue: "binance", label: "Bots", key: "key", secret: "secret" } }]);
  });
});

describe("an import", () => {
  const path = `/accounts/${ACCOUNT_ID}/import`;

  it("is asked for at intervals while nothing is pushed", async () => {
    let asked = 0;
    desk.use(http.get(`*/api/v1${path}`, () => HttpResponse.json(importProgress({ rows_recorded: 100 * ++asked }))));
    openPage(path);
    expect((await screen.findByTestId("import-headline")).textContent).toBe("trades XRP/ETH · about 30 s left");
    await waitFor(() => expect(screen.getByTestId("rows-recorded").textContent).toBe("200"), { timeout: 4_000 });
  });

  it("that failed says why and can be tried again", async () => {
    desk.use(
      answers.get(path, importProgress({ state: "failed", error_code: "venue.banned", error_message: "Blocked until noon." })),
      answers.post(path, importProgress({ import_id: "import-2", state: "queued", queued_at: "2026-11-21T12:00:00Z" })),
    );
    const user = userEvent.setup();
    openPage(path);
    expect((await screen.findByTestId("failure")).textContent).toContain("Blocked until noon.");
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(screen.getByTestId("import-headline").textContent).toBe("Waiting for its turn"));
  });
});
