import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { decimal } from "@/shared/decimals";
import { answers, desk } from "@/testing/desk";
import { ACCOUNT_ID, entry } from "@/testing/fixtures";
import { openPage } from "@/testing/page";
import * as fixtures from "@/testing/rules_fixtures";
import { order } from "@/testing/trading_fixtures";

const leg = (role: string, asset: string, amount: string) => ({ role, asset, amount: decimal(amount) });
const running = fixtures.ruleSet({
  name: "RSI BTC/USDT: entry",
  mode: "live",
  definition: fixtures.definition({ actions: [{ kind: "sell", asset: "BTC", size: { unit: "ratio", value: "1" }, account_id: ACCOUNT_ID, into: null }] }),
});

const openSocket = async (opened: ReturnType<typeof openPage>) => {
  const socket = await waitFor(() => opened.sockets.at(-1)!);
  await waitFor(() => expect(socket.readyState).toBe(1));
  act(() => socket.acknowledge());
  await waitFor(() => expect(socket.idOf("ruleSetStates")).toBeDefined());
  return socket;
};

beforeEach(() =>
  desk.use(
    answers.get("/rule-sets", { items: [fixtures.ruleSet()] }),
    answers.get("/rule-sets/firings", { items: [fixtures.firing()] }),
    answers.get(`/rule-sets/${fixtures.RULE_SET_ID}/firings`, { items: [fixtures.firing()] }),
    answers.get("/strategy-templates", { items: [fixtures.template()] }),
  ),
);

describe("the page of rules", () => {
  it("shows how far each is from firing, as it moves", async () => {
    const opened = openPage("/rules");
    const item = await screen.findByTestId("rule-set");
    expect(item.textContent).toContain("Crash guard");
    const socket = await openSocket(opened);
    act(() => socket.push({ ruleSetStates: fixtures.states() }));
    expect((await within(item).findByTestId("distance")).textContent).toMatch(/27\.71 % to go.*41\.5/);
  });

  it("has an empty state, an error that can be tried again, and keeps the last known rules", async () => {
    desk.use(answers.refuse("get", "/rule-sets", 503, "database.unavailable"));
    const user = userEvent.setup();
    const { services } = openPage("/rules");
    expect((await screen.findByTestId("failure")).textContent).toContain("database.unavailable");
    desk.use(answers.get("/rule-sets", { items: [] }));
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect((await screen.findByTestId("empty")).textContent).toContain("Nothing watches the market");
    expect(await screen.findByTestId("template-rsi")).toBeDefined();
    desk.use(answers.refuse("get", "/rule-sets", 503, "database.unavailable"));
    act(() => services.resources.refresh("rules:list"));
    expect((await screen.findByText(/Last known values/)).textContent).toContain("database.unavailable");
  });

  it.each(["rules", "firings", "strategies"])("has no fault on %s that axe finds", async (view) => {
    openPage(`/rules?view=${view}${view === "strategies" ? "&template=rsi" : ""}`);
    await waitFor(() => expect(document.querySelector("[data-testid=rule-set],[data-testid=firing],[data-testid=sweep-panel]")).not.toBeNull());
    const { violations } = await run(document.querySelector("main") ?? document.body, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});

describe("strategies", () => {
  it("are swept, sorted, and what was chosen goes back into the form", async () => {
    const sent: unknown[] = [];
    desk.use(
      http.post("*/api/v1/replays/sweeps", async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json(fixtures.sweep());
      }),
    );
    const user = userEvent.setup();
    openPage("/rules?view=strategies&template=rsi");
    const panel = await screen.findByTestId("sweep-panel");
    await user.type(within(panel).getByLabelText("Buys below"), "25, 30");
    await user.click(within(panel).getByTestId("run-sweep"));
    const rows = await within(panel).findAllByTestId("sweep-row");
    expect(rows.map((row) => row.dataset["chosen"])).toEqual(["false", "true"]);
    expect(sent[0]).toMatchObject({ template: "rsi", grid: { buy_below: ["25", "30"] }, parameters: { account: ACCOUNT_ID } });
    expect(panel.textContent).toContain("templates.parameter_invalid");
    await user.click(within(panel).getByRole("button", { name: "Drawdown" }));
    expect(within(panel).getAllByTestId("sweep-row")[0]?.textContent).toContain("30");
    expect(within(panel).getByRole("columnheader", { name: "Drawdown" }).getAttribute("aria-sort")).toBe("ascending");
    await user.click(within(panel).getByRole("button", { name: "Use buys below 25" }));
    expect(within(screen.getByTestId("strategy")).getByLabelText<HTMLInputElement>("Buys below").value).toBe("25");
  });

  it("that run show what they did: fills, gains, how many sales gained", async () => {
    const at = (ms: number) => fixtures.at(ms);
    const made = (number: number, side: "buy" | "sell") => order({ order_id: `o-${number}`, venue_order_id: `v-${number}`, side, state: "filled", reason: "firing:firing-1" });
    desk.use(
      answers.get("/rule-sets", { items: [running] }),
      answers.get("/orders", { items: [made(2, "sell"), made(1, "buy"), order({ venue_order_id: "v-3" })], next_cursor: null }),
      answers.get("/ledger", {
        items: [
          entry(2, { instrument: fixtures.MARKET, order_id: "v-2", occurred_at: at(0), legs: [leg("base", "BTC", "-1"), leg("quote", "USDT", "110")] }),
          entry(1, { instrument: fixtures.MARKET, order_id: "v-1", occurred_at: at(-3_600_000), legs: [leg("base", "BTC", "1"), leg("quote", "USDT", "-100")] }),
        ],
        next_cursor: null,
      }),
    );
    openPage("/rules?view=strategies");
    const result = await screen.findByTestId("running-result");
    expect(within(result).getByTestId("running-realised").textContent).toContain("+10.00 USDT");
    expect(within(result).getByTestId("running-return").textContent).toContain("+10.00");
    expect(within(result).getByTestId("running-wins").textContent).toContain("100.00");
    expect(within(result).getByRole("region", { name: /^Fills on/ }).textContent).toContain("100.00 USDT");
    expect(screen.getByTestId("running-strategy").textContent).toMatch(/RSI BTC\/USDT.*entry.*Live/);
  });

  it("that did nothing yet say so", async () => {
    desk.use(answers.get("/rule-sets", { items: [running] }), answers.get(`/rule-sets/${fixtures.RULE_SET_ID}/firings`, { items: [] }));
    openPage("/rules?view=strategies");
    expect(await within(await screen.findByTestId("running")).findByText("No fill came of it yet")).toBeDefined();
  });

  it("whose results can't be read say why", async () => {
    desk.use(answers.get("/rule-sets", { items: [running] }), answers.refuse("get", `/rule-sets/${fixtures.RULE_SET_ID}/firings`, 503, "database.unavailable"));
    openPage("/rules?view=strategies");
    expect((await within(await screen.findByTestId("running")).findByTestId("failure")).textContent).toContain("database.unavailable");
  });
});
