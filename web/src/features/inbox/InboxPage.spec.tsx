import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { finding, findingDetail, findingPage } from "@/features/inbox/testing";
import { answers, desk, refusal } from "@/testing/desk";
import { openPage } from "@/testing/page";

const ENTRY = { kind: "deposit", occurred_at: "2026-11-20T12:00:00.000000Z", legs: [{ role: "movement", asset: "XRP", amount: "7319.5", wallet: "spot" }] };
const SETTLEMENT = { action: "record_deposit", by: "user:1", at: "2026-11-20T12:00:00.000000Z", note: "statement", undoable: true };

beforeEach(() => {
  desk.use(answers.get("/inbox", findingPage()), answers.get("/inbox/f-1", findingDetail()));
});

describe("the inbox", () => {
  it("shows each doubt in plain words with the money at stake", async () => {
    openPage("/inbox");
    const row = await screen.findByTestId("finding", {}, { timeout: 10_000 });
    expect(within(row).getByRole("button").textContent).toBe("Less than nothing");
    expect(row.textContent).toContain("trade:XRPETH:7");
    expect(screen.getByTestId("inbox-sum").textContent).toContain("1 doubt");
    const { violations } = await run(document.body, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  it("asks for what the filters in the address say", async () => {
    const asked: string[] = [];
    desk.use(
      http.get("*/api/v1/inbox", ({ request }) => {
        asked.push(new URL(request.url).search);
        return HttpResponse.json(findingPage([]));
      }),
    );
    openPage("/inbox?cause=difference&state=dismissed");
    expect(await screen.findByText("Nothing of this kind")).toBeDefined();
    expect(asked[0]).toContain("state=dismissed");
    expect(asked[0]).toContain("cause=difference");
  });

  it("says so when nothing is in doubt", async () => {
    desk.use(answers.get("/inbox", findingPage([])));
    openPage("/inbox");
    expect(await screen.findByText("Nothing is in doubt")).toBeDefined();
  });

  it("tells why it can't show the doubts", async () => {
    desk.use(answers.refuse("get", "/inbox", 503, "database.unavailable"));
    openPage("/inbox");
    expect(await screen.findByText("The inbox could not be shown")).toBeDefined();
  });

  it("reads on where a page ended", async () => {
    desk.use(
      http.get("*/api/v1/inbox", ({ request }) =>
        HttpResponse.json(
          new URL(request.url).searchParams.get("cursor") ? findingPage([finding({ finding_id: "f-2", cause: "gap" })]) : findingPage(undefined, { next_cursor: "f-1", total: 2 }),
        ),
      ),
    );
    openPage("/inbox");
    await userEvent.click(await screen.findByRole("button", { name: "Show more" }));
    expect((await screen.findAllByTestId("finding")).length).toBe(2);
  });
});

describe("a repair", () => {
  it("is shown before it is done, and done as it was shown", async () => {
    const sent: Record<string, unknown>[] = [];
    desk.use(
      http.post("*/api/v1/inbox/f-1/repair", async ({ request }) => {
        sent.push((await request.json()) as Record<string, unknown>);
        return HttpResponse.json({ entries: [ENTRY], finding: findingDetail() });
      }),
    );
    const user = userEvent.setup();
    openPage("/inbox?finding=f-1");
    const form = await screen.findByTestId("repair", {}, { timeout: 10_000 });
    await user.type(within(form).getByLabelText(/Evidence/), "bank statement");
    await user.click(within(form).getByRole("button", { name: "Show what it would do" }));
    expect((await screen.findByTestId("repair-preview")).textContent).toContain("deposit");
    await user.click(within(form).getByRole("button", { name: "Record a deposit" }));
    expect(sent.map(({ preview }) => preview)).toEqual([true, undefined]);
    expect(sent[1]).toMatchObject({ action: "record_deposit", note: "bank statement", amount: "7319.5", occurred_at: null });
  });

  it("that is refused says why", async () => {
    desk.use(http.post("*/api/v1/inbox/f-1/repair", () => refusal(409, "inbox.ended")));
    const user = userEvent.setup();
    openPage("/inbox?finding=f-1");
    const form = await screen.findByTestId("repair", {}, { timeout: 10_000 });
    await user.click(within(form).getByLabelText(/^Import again/));
    await user.click(within(form).getByRole("button", { name: "Show what it would do" }));
    expect((await within(form).findByTestId("failure")).textContent).toContain("inbox.ended");
  });

  it("links the other side of a transfer", async () => {
    const alone = { cause: "unmatched_transfer", details: { movement_id: "a/withdrawal:1", direction: "out" }, actions: ["link_transfer", "dismiss"] } as const;
    const candidate = { movement_id: "b/deposit:2", account_id: "b", asset: "XRP", amount: "7319.4", fee: "0", at: "2026-11-20T12:09:00.000000Z", tx_hash: null, address: null, network: null };
    const sent: unknown[] = [];
    desk.use(
      answers.get("/inbox/f-1", findingDetail({ ...alone, actions: [...alone.actions] })),
      answers.get("/transfers/candidates", { items: [candidate], next_cursor: null }),
      http.post("*/api/v1/inbox/f-1/repair", async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json({ entries: [], finding: findingDetail() });
      }),
    );
    const user = userEvent.setup();
    openPage("/inbox?finding=f-1");
    const form = await screen.findByTestId("repair", {}, { timeout: 10_000 });
    await user.click(await within(form).findByLabelText(/7,319.4/));
    await user.click(within(form).getByRole("button", { name: "Show what it would do" }));
    expect((await screen.findByTestId("repair-preview")).textContent).toBe("Nothing is booked.");
    expect(sent[0]).toMatchObject({ action: "link_transfer", movement_ids: ["b/deposit:2"] });
  });

  it("can be taken back", async () => {
    const undone: string[] = [];
    desk.use(
      answers.get("/inbox/f-1", findingDetail({ state: "resolved", settlement: SETTLEMENT, actions: [] })),
      http.post("*/api/v1/inbox/f-1/undo", () => {
        undone.push("f-1");
        return HttpResponse.json(findingDetail());
      }),
    );
    openPage("/inbox?finding=f-1");
    await userEvent.click(await screen.findByRole("button", { name: "Take it back" }, { timeout: 10_000 }));
    expect(undone).toEqual(["f-1"]);
  });
});
