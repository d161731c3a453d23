import { MantineProvider } from "@mantine/core";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";
import { ServicesProvider } from "@/core/services";
import { IndicatorDialog } from "@/features/chart/IndicatorDialog";
import { answers, desk, refusal } from "@/testing/desk";
import { makeTestServices } from "@/testing/page";

const RSI = {
  name: "RSI",
  title: "Relative Strength Index",
  group: "Momentum Indicators",
  inputs: [{ name: "price", field: "close" }],
  parameters: [{ name: "timeperiod", whole: true, default: 14, lowest: 2, highest: 1000, choices: [] }],
  outputs: [{ name: "real", style: "line" }],
  overlay: false,
  pattern: false,
};
const TREND = { name: "trend", version: 2, text: "EMA(series,resolution,fast)", parameters: [{ name: "fast", default: "12" }], made_at: "2026-11-20T12:00:00.000000Z" };

function open() {
  const onAdd = vi.fn();
  render(
    <MantineProvider env="test">
      <ServicesProvider value={makeTestServices().services}>
        <IndicatorDialog opened onClose={() => undefined} onAdd={onAdd} />
      </ServicesProvider>
    </MantineProvider>,
  );
  return { onAdd, user: userEvent.setup() };
}

it("adds a function with its parameters", async () => {
  desk.use(answers.get("/indicators", { items: [RSI] }));
  const { onAdd, user } = open();
  await user.click(await screen.findByRole("button", { name: /Relative Strength Index/ }));
  const form = screen.getByTestId("indicator-form");
  await user.clear(within(form).getByLabelText("timeperiod"));
  await user.type(within(form).getByLabelText("timeperiod"), "21");
  await user.click(within(form).getByRole("button", { name: "Add to the chart" }));
  expect(onAdd).toHaveBeenCalledWith({ place: "under", text: "RSI(series,resolution,21)" });
});

it("keeps a formula, and tells why it can't be kept", async () => {
  const sent: unknown[] = [];
  desk.use(
    answers.get("/indicators", { items: [] }),
    answers.get("/formulas", { items: [TREND] }),
    http.put("*/api/v1/formulas/:name", async ({ request, params }) => {
      sent.push({ name: params["name"], ...((await request.json()) as object) });
      return sent.length === 1 ? refusal(400, "indicators.syntax") : HttpResponse.json({ ...TREND, version: 3 });
    }),
  );
  const { onAdd, user } = open();
  await user.click(screen.getByText("Own formulas"));
  await user.click(await screen.findByRole("button", { name: /trend/ }));
  await user.click(screen.getAllByRole("button", { name: "Add over the bars" }).at(-1)!);
  expect(onAdd).toHaveBeenCalledWith({ place: "over", text: "trend(series,resolution)" });
  await user.type(screen.getByLabelText(/^Parameters/), ", slow=26");
  await user.click(screen.getByRole("button", { name: "Keep as a new version" }));
  expect((await screen.findByTestId("formula-problem")).textContent).toContain("indicators.syntax");
  await user.click(screen.getByRole("button", { name: "Keep as a new version" }));
  await vi.waitFor(() => expect(screen.queryByTestId("formula-form")).toBeNull());
  expect(sent.at(-1)).toEqual({
    name: "trend",
    text: TREND.text,
    parameters: [
      { name: "fast", default: "12" },
      { name: "slow", default: "26" },
    ],
    replaces: 2,
  });
});

it("says when the functions can't be read", async () => {
  desk.use(answers.refuse("get", "/indicators", 503, "database.unavailable"));
  open();
  expect((await screen.findByTestId("failure")).textContent).toContain("database.unavailable");
});
