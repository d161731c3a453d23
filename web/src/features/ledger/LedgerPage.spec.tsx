import { screen, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { desk } from "@/testing/desk";
import { account } from "@/testing/fixtures";
import { openPage } from "@/testing/page";

const GONE = account({ label: "Old desk", state: "disconnected" });

describe("the ledger of a disconnected account", () => {
  it("is named and may be chosen, although the account is no longer among the connected ones", async () => {
    desk.use(
      http.get("*/api/v1/accounts", ({ request }) => HttpResponse.json({ items: new URL(request.url).searchParams.get("include") === "disconnected" ? [GONE] : [] })),
    );
    openPage("/ledger");
    const choices = within(await screen.findByLabelText("Account", {}, { timeout: 10_000 }));
    expect(await choices.findByRole("option", { name: "Old desk (disconnected)" })).toBeDefined();
  });
});
