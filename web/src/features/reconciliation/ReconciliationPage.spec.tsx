import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { BalanceCheck } from "@/core/books_contracts";
import { decimal } from "@/shared/decimals";
import { answers, desk } from "@/testing/desk";
import { ACCOUNT_ID } from "@/testing/fixtures";
import { openPage } from "@/testing/page";

const AT = "2026-11-20T12:00:00.000000Z";
const check = (more: Partial<BalanceCheck> = {}): BalanceCheck => ({
  account_id: ACCOUNT_ID,
  wallet: "spot",
  asset: "XRP",
  derived: decimal("7319.5"),
  reported: decimal("7319.5"),
  difference: decimal("0"),
  difference_value: decimal("0"),
  reported_at: AT,
  age_s: 5,
  cycles_open: 0,
  open_since: null,
  proven_since: AT,
  proven_until: AT,
  ...more,
});
const DIFFERS = check({ asset: "BTC", reported: decimal("7000"), difference: decimal("-319.5"), cycles_open: 4, proven_since: null, proven_until: null });
const WAITS = check({ asset: "ETH", difference: decimal("1"), cycles_open: 1 });
const page = (items: readonly BalanceCheck[]) => ({ items, base_asset: "USDT", total: 3, differing: 2, next_cursor: null });

describe("the page of compared balances", () => {
  it("shows both numbers, their difference and what is proven", async () => {
    desk.use(answers.get("/reconciliation", page([check(), DIFFERS, WAITS])));
    openPage("/reconciliation");
    const rows = await screen.findAllByTestId("check", {}, { timeout: 10_000 });
    expect(rows.map(({ textContent }) => /agrees|differs|waits/.exec(textContent)?.[0])).toEqual(["agrees", "differs", "waits"]);
    expect(rows[1]?.textContent).toContain("nothing");
    expect(screen.getByTestId("reconciliation-sum").textContent).toContain("2 differ");
    const { violations } = await run(document.body, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  it("shows differences only when asked to, by the address", async () => {
    const asked: (string | null)[] = [];
    desk.use(
      http.get("*/api/v1/reconciliation", ({ request }) => {
        asked.push(new URL(request.url).searchParams.get("differences"));
        return HttpResponse.json(page([]));
      }),
    );
    openPage("/reconciliation");
    expect(await screen.findByText("No balance was compared yet")).toBeDefined();
    await userEvent.click(screen.getByLabelText("Differences only"));
    expect(await screen.findByText("Nothing differs")).toBeDefined();
    expect(asked).toEqual(["false", "true"]);
    expect(window.location.search).toBe("?differences=1");
  });

  it("reads every page", async () => {
    desk.use(
      http.get("*/api/v1/reconciliation", ({ request }) =>
        HttpResponse.json(new URL(request.url).searchParams.get("cursor") ? page([DIFFERS]) : { ...page([check()]), next_cursor: "more" }),
      ),
    );
    openPage("/reconciliation");
    expect((await screen.findAllByTestId("check", {}, { timeout: 10_000 })).length).toBe(2);
  });

  it("tells why balances can't be compared", async () => {
    desk.use(answers.refuse("get", "/reconciliation", 503, "database.unavailable"));
    openPage("/reconciliation");
    expect(await screen.findByText("The balances could not be compared")).toBeDefined();
  });
});
