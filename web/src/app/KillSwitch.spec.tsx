import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { answers, desk } from "@/testing/desk";
import { openPage } from "@/testing/page";
import { session } from "@/testing/fixtures";
import * as trading from "@/testing/trading_fixtures";

const READER = session();
const withViewer = () => {
  const permissions = [{ action: "read", subject: "all" }];
  const viewer = { ...READER, user: { ...READER.user, role: "viewer", permissions } };
  desk.use(answers.post("/session/refresh", viewer));
};

describe("the kill switch", () => {
  it("says what it does, asks in words, and halts", async () => {
    const bodies: unknown[] = [];
    desk.use(
      http.post("*/api/v1/halts", async ({ request }) => {
        bodies.push(await request.json());
        desk.use(answers.get("/halts", trading.halts([trading.halt()])));
        return HttpResponse.json({ halt: trading.halt(), cancelled: 2, failed: {} }, { status: 201 });
      }),
    );
    const user = userEvent.setup();
    openPage("/portfolio");
    await user.click(await screen.findByTestId("kill-switch"));
    const form = await screen.findByTestId("halt-form");
    expect(form.textContent).toContain("Your 2 open orders will be cancelled at the venues.");
    const button = within(form).getByRole("button", { name: "Halt trading" });
    expect(button).toHaveProperty("disabled", true);
    await user.type(within(form).getByLabelText(/Type “halt”/), "halt");
    await user.click(button);
    await waitFor(() => expect(bodies).toEqual([{ reason: "By hand", allow_reducing: false, cancel_orders: true }]));
    expect(await screen.findByText("Trading is halted. 2 cancelled, 0 left to be tried again.")).toBeDefined();
    expect((await screen.findByRole("button", { name: "Trading is halted" })).dataset["halted"]).toBe("true");
  });

  it("resumes with the word only", async () => {
    desk.use(answers.get("/halts", trading.halts([trading.halt()])));
    const released: unknown[] = [];
    desk.use(
      http.post("*/api/v1/halts/:id/release", async ({ request, params }) => {
        released.push([params["id"], await request.json()]);
        return HttpResponse.json(trading.halt({ released_at: trading.halt().engaged_at, released_by: "user:1" }));
      }),
    );
    const user = userEvent.setup();
    openPage("/portfolio");
    await screen.findByRole("button", { name: "Trading is halted" });
    await user.keyboard("k");
    const form = await screen.findByTestId("release-form");
    await user.type(within(form).getByLabelText(/Type “resume”/), "resume");
    await user.click(within(form).getByRole("button", { name: "Resume trading" }));
    await waitFor(() => expect(released).toEqual([["halt-1", { confirm: "RESUME" }]]));
  });

  it("shows a platform's halt that only its operator can release", async () => {
    desk.use(answers.get("/halts", trading.halts([trading.halt({ scope: "platform" })])));
    const user = userEvent.setup();
    openPage("/portfolio");
    await user.click(await screen.findByRole("button", { name: "Trading is halted" }));
    expect((await screen.findByTestId("halt")).textContent).toContain("The whole platform was halted");
    expect(screen.queryByTestId("release-form")).toBeNull();
  });

  it("is not there for those who may not use it", async () => {
    withViewer();
    openPage("/portfolio");
    await screen.findByTestId("portfolio-cards");
    expect(screen.queryByTestId("kill-switch")).toBeNull();
  });
});
