import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import "@/features/accounts/KeyPage";
import { account, ACCOUNT_ID } from "@/testing/fixtures";
import { keyCard } from "@/testing/keys_fixtures";
import { answers, desk, refusal } from "@/testing/desk";
import { openPage } from "@/testing/page";

const PATH = `/accounts/${ACCOUNT_ID}/key`;
const VENUES = { items: [{ venue: "kraken", name: "Kraken", needs: ["key", "secret"] }] };

describe("the card of a key", () => {
  it("says what a thief could do, what is at stake and how that is known", async () => {
    desk.use(answers.get(PATH, keyCard()));
    openPage(PATH);
    const card = await screen.findByTestId("key-card");
    expect(screen.getByTestId("key-threats").textContent).toBe(
      "Not take the money out, but lose it by trading: buying dear and selling cheap against another account.See every balance, trade and movement.Only from 192.0.2.7.",
    );
    expect(screen.getByTestId("stake-withdrawable").textContent).toMatch(/^0/);
    expect(screen.getByTestId("stake-tradable").textContent).toContain("7,319.44");
    const withdraw = within(card).getByRole("row", { name: /^Withdraw/ });
    expect(withdraw.textContent).toBe("Withdrawno, tried outRefused: POST /0/private/WithdrawInfo");
    expect(card.textContent).toMatch(/without WXMR, which have no price/);
    expect(card.textContent).toMatch(/Changed1 time/);
    expect(within(screen.getByTestId("key-uses")).getByTestId("key-use").textContent).toMatch(/accounts_refreshbalances3ok/);
    expect(screen.getByRole("link", { name: "Kraken" }).getAttribute("href")).toContain("pro.kraken.com");
  });

  it("raises its voice where a right is there that the venue denies", async () => {
    const [read, trade, withdraw] = keyCard().rights;
    const rights = [read!, trade!, { ...withdraw!, verdict: "allowed" as const, may: true, contradicted: true }];
    desk.use(answers.get(PATH, keyCard({ rights, ip_bound: false })));
    openPage(PATH);
    const row = await screen.findByRole("row", { name: /^Withdraw/ });
    expect(row.textContent).toContain("yesthe venue says otherwise");
    expect(screen.getByTestId("key-threats").textContent).toMatch(/^Take the money out\..*From any address in the world\.$/);
  });

  it("tries the key out again when asked", async () => {
    const untold = keyCard().rights.map((right) => ({ ...right, verdict: "untold" as const, asked: "", code: "keys.never_tested" }));
    desk.use(answers.get(PATH, keyCard({ rights: untold, tested_at: null })));
    openPage(PATH);
    expect((await screen.findByRole("row", { name: /^Trade/ })).textContent).toContain("Not tried out yet.");
    desk.use(answers.post(`${PATH}/test`, keyCard()), answers.get(PATH, keyCard()));
    await userEvent.setup().click(screen.getByRole("button", { name: "Test it now" }));
    await waitFor(() => expect(screen.getByRole("row", { name: /^Trade/ }).textContent).toContain("Let through"));
  });

  it("puts in another key, asks where nobody can tell whose it is, and keeps none of it", async () => {
    const sent: unknown[] = [];
    desk.use(
      answers.get(PATH, keyCard()),
      answers.get("/venues", VENUES),
      http.put(`*/api/v1${PATH}`, async ({ request }) => {
        sent.push(await request.json());
        return sent.length === 1 ? refusal(409, "accounts.key_owner_unknown") : HttpResponse.json(keyCard({ key_hint: "9zzz", same_owner: null }));
      }),
    );
    const user = userEvent.setup();
    openPage(PATH);
    await user.click(await screen.findByRole("button", { name: "Put in another key" }));
    await user.type(await screen.findByRole("textbox", { name: /^Key/ }), "new-key-9zzz");
    await user.type(screen.getByLabelText(/^Secret/), "new-secret");
    await user.click(screen.getByRole("button", { name: /^Check the key/ }));
    await user.click(await screen.findByRole("checkbox", { name: /same account/ }));
    await user.click(screen.getByRole("button", { name: /^Check the key/ }));
    await waitFor(() => expect(screen.queryByTestId("rotate-form")).toBeNull());
    const key = { key: "new-key-9zzz", secret: "new-secret" };
    expect(sent).toEqual([
      { ...key, confirmed: false },
      { ...key, confirmed: true },
    ]);
    expect(document.body.textContent).toContain("Long hold has another key. Delete the old one at Kraken.");
    expect(document.body.innerHTML).not.toContain("new-secret");
  });

  it("tells what failed, keeps the last card, and waits with a skeleton", async () => {
    desk.use(answers.refuse("get", PATH, 404, "accounts.not_found"));
    const { services } = openPage(PATH);
    expect((await screen.findByTestId("failure")).textContent).toContain("accounts.not_found");
    desk.use(answers.get(PATH, keyCard()));
    await userEvent.setup().click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByTestId("key-card");
    desk.use(answers.refuse("get", PATH, 503, "database.unavailable"));
    act(() => services.resources.refresh("key"));
    expect(await screen.findByText(/Last known values/)).toBeDefined();
    expect(screen.getByTestId("key-card")).toBeDefined();
  });

  it("has no fault that axe finds, with and without uses", async () => {
    desk.use(answers.get(PATH, keyCard({ uses: [] })), answers.get("/accounts", { items: [account()] }));
    openPage(PATH);
    await screen.findByTestId("key-card");
    expect(screen.getByTestId("empty").textContent).toContain("Nobody used this key yet");
    const { violations } = await run(document.querySelector("main") ?? document.body, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});
