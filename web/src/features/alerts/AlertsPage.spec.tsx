import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { alert, alertPreferences, channel, delivery, signal } from "@/features/alerts/testing";
import { answers, desk } from "@/testing/desk";
import { openPage } from "@/testing/page";

const page = (items: readonly unknown[], unacknowledged = items.length) => ({ items, next_cursor: null, unacknowledged });

beforeEach(() => {
  desk.use(
    answers.get("/alerts", page([alert()])),
    answers.get("/alert-channels", { items: [channel()] }),
    answers.get("/alert-preferences", alertPreferences()),
    answers.get("/signals", { items: [signal(), signal({ signal_id: "s-2", state: "stale", gap: true })], next_cursor: null }),
    answers.get("/signal-hooks", { items: [], template: "{}" }),
    http.get("*/local/outbox", () => new HttpResponse(null, { status: 404 })),
  );
});

describe("the page of alerts", () => {
  it("shows by which channel each alert left, and on demand every hop", async () => {
    const user = userEvent.setup();
    openPage("/alerts");
    const row = await screen.findByTestId("alert-row");
    await waitFor(() => expect(row.textContent).toContain("My phone80 ms"));
    await user.click(within(row).getByRole("button", { expanded: false }));
    const recorder = await screen.findByTestId("recorder");
    expect(recorder.textContent).toMatch(/My phonedelivered.*Venue.*Received.*\+20 ms.*Taken.*\+30 ms.*Delivered.*\+40 ms/);
    expect((await screen.findByTestId("channel-card")).textContent).toMatch(/My phone.*works.*p5080 ms.*p9580 ms.*canary p95100 ms/);
  });

  it("says plainly what was lost and which channel fails", async () => {
    const lost = delivery({ state: "waiting", delivered_at: null, lost_at: "2026-11-20T12:01:00.000000Z" });
    desk.use(
      answers.get("/alerts", page([alert({ deliveries: [lost] })])),
      answers.get("/alert-channels", { items: [channel({ state: "failing", state_code: "channel.unavailable", failing_since: "2026-11-20T12:00:30.000000Z" })] }),
    );
    openPage("/alerts");
    expect((await screen.findByTestId("alert-row")).textContent).toContain("lost: not delivered in time");
    expect((await screen.findByTestId("channel-card")).textContent).toContain("channel.unavailable");
  });

  it("adds a channel without keeping its secret in the page, and verifies it by its code", async () => {
    const user = userEvent.setup();
    const sent: unknown[] = [];
    const fresh = channel({ state: "unverified", verified_at: null, canaries: [] });
    desk.use(
      answers.get("/alert-channels", { items: [fresh] }),
      http.post("*/api/v1/alert-channels", async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json(fresh, { status: 201 });
      }),
      http.post("*/api/v1/alert-channels/c-1/verify", async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json(channel());
      }),
    );
    openPage("/alerts?tab=channels&add=1");
    await user.selectOptions(await screen.findByLabelText("Kind"), "telegram");
    await user.type(screen.getByLabelText(/^Bot's token/), "123456:AAE");
    await user.type(screen.getByLabelText(/^Chat/), "998877");
    await user.click(screen.getByRole("button", { name: "Add the channel" }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({ name: "Telegram", address: { kind: "telegram", bot_token: "123456:AAE", chat_id: "998877" } });
    await waitFor(() => expect(document.body.textContent).not.toContain("123456:AAE"));
    await user.type(await screen.findByLabelText("Code of My phone"), "123456");
    await user.click(screen.getByRole("button", { name: "Verify" }));
    await waitFor(() => expect(sent[1]).toEqual({ code: "123456" }));
  });

  it("keeps what was chosen", async () => {
    const user = userEvent.setup();
    const sent: unknown[] = [];
    desk.use(
      http.put("*/api/v1/alert-preferences", async ({ request }) => {
        const body = (await request.json()) as object;
        sent.push(body);
        return HttpResponse.json(body);
      }),
    );
    openPage("/alerts?tab=channels");
    await user.click(await screen.findByRole("switch", { name: "Quiet hours" }));
    await user.selectOptions(screen.getByLabelText("Channel to escalate to"), "c-1");
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent[0]).toMatchObject({ quiet: { begins: "22:00", ends: "07:00" }, escalate_to: "c-1" }));
  });

  it("tells which signals count, came too late, or follow a lost one", async () => {
    openPage("/alerts?tab=signals");
    const rows = await screen.findAllByTestId("signal-row");
    expect(rows[0]?.textContent).toMatch(/trendBINANCE:BTC\/USDTbuy64000\.1flat → long200 mscounts/);
    expect(rows[1]?.textContent).toMatch(/too late.*one before it was lost/);
  });

  it("shows a hook's address once", async () => {
    const user = userEvent.setup();
    const made = { hook_id: "h-2", name: "trend", path: "/hooks/tradingview/once", stale_after_s: 60, stale_policy: "ignore", signals_per_minute_max: 60, created_at: "2026-11-20T12:00:00Z", last_used_at: null };
    desk.use(answers.post("/signal-hooks", made, 201));
    openPage("/alerts?tab=signals");
    await user.type(await screen.findByLabelText(/^Name of its signals/), "trend");
    await user.click(screen.getByRole("button", { name: "Make a URL" }));
    expect((await screen.findByTestId("made-hook")).textContent).toContain("/hooks/tradingview/once");
  });

  it("has an empty state, an error that can be tried again, and keeps the last known alerts", async () => {
    desk.use(answers.refuse("get", "/alerts", 503, "database.unavailable"));
    const user = userEvent.setup();
    const { services } = openPage("/alerts");
    expect((await screen.findByTestId("failure")).textContent).toContain("database.unavailable");
    desk.use(answers.get("/alerts", page([])));
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect((await screen.findByTestId("empty")).textContent).toContain("No alert was raised yet");
    desk.use(answers.get("/alerts", page([alert()])));
    act(() => services.resources.refresh("alerts:"));
    await screen.findByTestId("alert-row");
    desk.use(answers.refuse("get", "/alerts", 503, "database.unavailable"));
    act(() => services.resources.refresh("alerts:"));
    await waitFor(() => expect(screen.getByText(/Last known values/)).toBeDefined());
  });

  it.each(["alerts", "channels", "signals"])("has no fault on %s that axe finds", async (tab) => {
    openPage(`/alerts?tab=${tab}`);
    await screen.findByRole("tab", { name: "Channels" });
    await waitFor(() => expect(document.querySelectorAll("[data-testid$=row]").length).toBeGreaterThan(0));
    const { violations } = await run(document.body, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});
