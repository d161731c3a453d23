import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { alert, channel, delivery } from "@/features/alerts/testing";
import { answers, desk } from "@/testing/desk";
import { openPage } from "@/testing/page";
import * as fixtures from "@/testing/rules_fixtures";

const PATH = `/rule-sets/${fixtures.RULE_SET_ID}`;
const PAGE = `/rules/${fixtures.RULE_SET_ID}`;

const is = (more: Partial<Parameters<typeof fixtures.ruleSet>[0]> = {}) => desk.use(answers.get(PATH, fixtures.ruleSet(more)), answers.get("/rule-sets", { items: [fixtures.ruleSet(more)] }));

const preview = {
  items: [
    {
      step: 0,
      action: fixtures.definition().actions[0],
      dangerous: true,
      cancels: [],
      sells: [{ account_id: "a", instrument: fixtures.MARKET, quantity: "0.7319", brings: "36000" }],
      residue: [],
      order: null,
      code: null,
      message: null,
    },
  ],
  confirmation_needed: true,
  as_of: fixtures.at(0),
};

beforeEach(() => {
  is();
  desk.use(
    answers.get(`${PATH}/firings`, { items: [fixtures.firing()] }),
    answers.get(`${PATH}/judged`, { items: [fixtures.judged(), fixtures.judged({ instant: fixtures.at(-60_000), outcome: "not_known", seen: [] }), fixtures.judged({ outcome: "fire" })] }),
    answers.get(`${PATH}/shadow`, fixtures.shadow()),
    answers.get("/rule-sets/firings/firing-1", fixtures.firing()),
    answers.get("/actions/firings/firing-1", fixtures.chain()),
    answers.get("/alerts", { items: [alert({ title: "Everything is sold" }), alert({ alert_id: "a-2", correlation_id: "another" })], next_cursor: null, unacknowledged: 2 }),
    answers.get("/alert-channels", { items: [channel(), channel({ channel_id: "c-2", name: "Mail", kind: "email", state: "unverified" })] }),
    answers.get("/indicators", { items: [] }),
    http.post("*/api/v1/rule-sets/check", async ({ request }) => HttpResponse.json({ definition: await request.json(), is_dangerous: true })),
  );
});

describe("a rule's run in shadow", () => {
  it("says how long it lasted, what is needed to go live, and what it would have done", async () => {
    openPage(PAGE);
    const panel = await screen.findByTestId("shadow");
    expect((await within(panel).findByTestId("shadow-days")).textContent).toBe("1.5 days");
    expect(within(panel).getByTestId("promotion").textContent).toMatch(/Needs 3 days in shadow; 1\.5 days are over.*once you confirm/);
    expect(within(panel).getByRole("progressbar").getAttribute("aria-valuenow")).toBe("50");
    expect((await within(panel).findByTestId("replay-return")).textContent).toContain("5.00");
    expect(panel.textContent).toContain("0.05 % worse");
  });

  it("has nothing to show before it would have fired, tells what failed, and keeps what was known", async () => {
    desk.use(answers.get(`${PATH}/shadow`, fixtures.shadow({ firings: [], simulated: null })));
    const { services } = openPage(PAGE);
    const panel = await screen.findByTestId("shadow");
    expect(await within(panel).findByText("Nothing would have been done so far")).toBeDefined();
    desk.use(answers.refuse("get", `${PATH}/shadow`, 503, "database.unavailable"));
    act(() => services.resources.refresh("rules:shadow"));
    expect(await within(panel).findByText(/Last known values/)).toBeDefined();
  });

  it("can be asked for again after it failed", async () => {
    desk.use(answers.refuse("get", `${PATH}/shadow`, 503, "database.unavailable"));
    const user = userEvent.setup();
    openPage(PAGE);
    const panel = await screen.findByTestId("shadow");
    expect((await within(panel).findByTestId("failure")).textContent).toContain("database.unavailable");
    desk.use(answers.get(`${PATH}/shadow`, fixtures.shadow()));
    await user.click(within(panel).getByRole("button", { name: "Try again" }));
    expect(await within(panel).findByTestId("shadow-days")).toBeDefined();
  });
});

describe("why it did not fire", () => {
  it("shows the last values of each condition and the missing distance", async () => {
    openPage(PAGE);
    const panel = await screen.findByTestId("why-not");
    const row = await within(panel).findByTestId("missing");
    expect(row.textContent).toMatch(/RSI\(BINANCE:BTC\/USDT,15m,14\) < 30.*40.*30.*25\.00.*away/);
    expect(panel.textContent).toContain("not true");
    expect(within(panel).getAllByTestId("judged")).toHaveLength(1);
  });

  it("says so when it never came close", async () => {
    desk.use(answers.get(`${PATH}/judged`, { items: [] }));
    openPage(PAGE);
    expect(await within(await screen.findByTestId("why-not")).findByTestId("empty")).toBeDefined();
  });
});

describe("going live", () => {
  it("is refused before its days in shadow are over", async () => {
    desk.use(answers.post("/actions/preview", preview));
    const user = userEvent.setup();
    openPage(PAGE);
    await user.click(await screen.findByTestId("mode-live"));
    const form = await screen.findByTestId("live-form");
    expect(within(form).getByTestId("live-from").textContent).toContain("It may go live from");
    await user.type(within(form).getByLabelText(/Type “live”/), "live");
    expect(within(form).getByRole("button", { name: "Go live" })).toHaveProperty("disabled", true);
  });

  it("shows what it would do now, and takes a person's word for it", async () => {
    is({ live_from: fixtures.at(-1000) });
    const sent: unknown[] = [];
    desk.use(
      answers.post("/actions/preview", preview),
      http.post(`*/api/v1${PATH}/confirmation`, () => HttpResponse.json({ confirmation: "yes-1", expires_at: fixtures.at(60_000) })),
      http.post(`*/api/v1${PATH}/mode`, async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json(fixtures.ruleSet({ mode: "live" }));
      }),
    );
    const user = userEvent.setup();
    openPage(PAGE);
    await user.click(await screen.findByTestId("mode-live"));
    const form = await screen.findByTestId("live-form");
    expect((await within(form).findByTestId("would-sell")).textContent).toContain("0.73190000 BTC");
    const button = within(form).getByRole("button", { name: "Go live" });
    expect(button).toHaveProperty("disabled", true);
    await user.type(within(form).getByLabelText(/Type “live”/), "live");
    await user.click(button);
    await waitFor(() => expect(sent).toEqual([{ mode: "live", version: 2, confirmation: "yes-1" }]));
  });
});

describe("a firing", () => {
  it("is explained hop by hop, from the breach to who heard of it", async () => {
    desk.use(answers.get("/alerts", { items: [alert({ title: "Everything is sold", raised_at: fixtures.at(320), deliveries: [delivery({ delivered_at: fixtures.at(400) }), delivery({ delivery_id: "d-2", channel_id: "c-2", state: "failed", delivered_at: null, error_code: "channel.unavailable" })] })], next_cursor: null, unacknowledged: 1 }));
    openPage(`${PAGE}/firings/firing-1`);
    const detail = await screen.findByTestId("firing-detail");
    await waitFor(() => expect(within(detail).getAllByTestId("heard")).toHaveLength(2));
    await waitFor(() => expect(within(detail).getByTestId("hops").textContent).toMatch(/Breach.*Candidate.*\+40 ms.*Decided.*\+60 ms.*Taken up.*\+30 ms.*Order sent.*\+10 ms.*Venue answered.*\+50 ms/));
    expect(detail.textContent).toMatch(/29\.1.*bars/);
    expect(detail.textContent).toMatch(/sell.*0\.50000000 BTC.*filled/);
    expect(detail.textContent).toMatch(/My phone: delivered after 80 ms.*Mail: failed channel\.unavailable/);
    expect(detail.textContent).not.toContain("another");
  });

  it("did nothing in shadow", async () => {
    desk.use(answers.get("/rule-sets/firings/firing-1", fixtures.firing({ mode: "shadow" })));
    openPage(`${PAGE}?firing=firing-1`);
    expect((await screen.findByTestId("firing-detail")).textContent).toContain("In shadow nothing is done");
  });
});

describe("the builder", () => {
  it("picks the channels of a notification", async () => {
    const sent: unknown[] = [];
    is({ mode: "draft", shadow_since: null, definition: fixtures.definition({ actions: [{ kind: "notify", text: "Look", severity: "warning", channels: ["gone"] }] }) });
    desk.use(
      http.put(`*/api/v1${PATH}`, async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json(fixtures.ruleSet({ version: 3 }));
      }),
    );
    const user = userEvent.setup();
    openPage(PAGE);
    const channels = await screen.findByTestId("notify-channels");
    expect(within(channels).getByLabelText("Mail, not verified yet")).toBeDefined();
    await user.click(within(channels).getByLabelText("My phone"));
    await user.click(within(channels).getByLabelText("A removed channel"));
    await user.click(screen.getByTestId("save-rule"));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({ version: 2, definition: { actions: [{ kind: "notify", channels: ["c-1"] }] } });
  });

  it("is replayed beside itself, with curve, fills, and how orders were filled", async () => {
    const asked: unknown[] = [];
    desk.use(
      http.post("*/api/v1/replays", async ({ request }) => {
        asked.push(await request.json());
        return HttpResponse.json(fixtures.replay());
      }),
    );
    const user = userEvent.setup();
    openPage("/rules/new");
    const panel = await screen.findByTestId("replay");
    expect(within(panel).getByTestId("empty")).toBeDefined();
    await user.click(within(panel).getByTestId("run-replay"));
    expect(await within(panel).findByTestId("equity")).toBeDefined();
    expect(within(panel).getByRole("region", { name: "Fills" }).textContent).toContain("366");
    expect(panel.textContent).toContain("Orders fill at the next bar's open");
    expect(panel.textContent).toContain("DOGE has no price");
    expect(asked[0]).toMatchObject({ fee_ratio: "0.001", slippage_ratio: "0.0005", balances: "portfolio" });
  });

  it("says why it could not be replayed", async () => {
    desk.use(answers.refuse("post", "/replays", 400, "request.invalid", { errors: [{ path: "body.fee_ratio", message: "This is at most 1." }] }));
    const user = userEvent.setup();
    openPage("/rules/new");
    await user.click(await screen.findByTestId("run-replay"));
    expect((await screen.findByTestId("failure")).textContent).toMatch(/fee ratio: This is at most 1\..*request\.invalid/);
  });
});

describe("the page of a rule", () => {
  it("has no fault that axe finds", async () => {
    openPage(PAGE);
    await within(await screen.findByTestId("shadow")).findByTestId("replay-return");
    await screen.findByTestId("missing");
    const { violations } = await run(document.querySelector("main") ?? document.body, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });

  it("has none with a firing open", async () => {
    openPage(`${PAGE}?firing=firing-1`);
    await waitFor(() => expect(screen.getAllByTestId("heard").length).toBeGreaterThan(0));
    const { violations } = await run(await screen.findByRole("dialog"), { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});
