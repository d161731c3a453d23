import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import "@/features/settings/DatafeedPage";
import type { FeedToken } from "@/core/feed_tokens";
import { answers, desk, refusal } from "@/testing/desk";
import { openPage } from "@/testing/page";

const AT = "2026-11-20T12:00:00.000000Z";
const PATH = "/datafeed-tokens";
const token = (more: Partial<FeedToken> = {}): FeedToken => ({ token_id: "t-1", name: "wall screen", created_at: AT, last_used_at: null, ...more });

/** Looking in the panel alone is quicker than in the whole page. */
const panel = () => within(screen.getByTestId("feed-tokens"));

/** A desk that keeps tokens; what it was sent. */
function keeping(tokens: FeedToken[]) {
  const sent: unknown[] = [];
  desk.use(
    http.get(`*/api/v1${PATH}`, () => HttpResponse.json({ items: tokens.map((each) => ({ ...each, path: null })) })),
    http.post(`*/api/v1${PATH}`, async ({ request }) => {
      const { name } = (await request.json()) as { name: string };
      sent.push(name);
      const made = token({ token_id: "t-2", name });
      tokens.push(made);
      return HttpResponse.json({ ...made, path: "/api/v1/datafeed/once-only-secret/udf" }, { status: 201 });
    }),
    http.delete(`*/api/v1${PATH}/:id`, ({ params }) => {
      sent.push(params["id"]);
      tokens.splice(0, tokens.length, ...tokens.filter(({ token_id }) => token_id !== params["id"]));
      return new HttpResponse(null, { status: 204 });
    }),
  );
  return sent;
}

describe("datafeed tokens", () => {
  beforeEach(() => localStorage.clear());

  it("shows a token's URL once, and takes it away when one has it", async () => {
    const sent = keeping([token({ last_used_at: AT })]);
    const user = userEvent.setup();
    openPage("/settings/datafeed");
    expect((await screen.findByTestId("feed-token")).textContent).toMatch(/wall screen.*read the datafeed.*2026-11-20.* ago/);
    await user.type(screen.getByLabelText(/^Name of what reads/), "  phone  ");
    await user.click(panel().getByRole("button", { name: "Make a token" }));
    expect((await screen.findByTestId("made-token")).textContent).toContain(`${location.origin}/api/v1/datafeed/once-only-secret/udf`);
    expect(sent).toEqual(["phone"]);
    await waitFor(() => expect(screen.getAllByTestId("feed-token").map((row) => row.querySelector("th")?.textContent)).toEqual(["wall screen", "phone"]));
    await user.click(panel().getByRole("button", { name: "I have it" }));
    expect(document.body.innerHTML).not.toContain("once-only-secret");
    expect(JSON.stringify(localStorage)).not.toContain("once-only-secret");
  });

  it("revokes only after it was asked, and forgets the URL of a token that is gone", async () => {
    const sent = keeping([]);
    const user = userEvent.setup();
    openPage("/settings/datafeed");
    await user.type(await screen.findByLabelText(/^Name of what reads/), "phone");
    await user.click(panel().getByRole("button", { name: "Make a token" }));
    await user.click(await panel().findByRole("button", { name: "Revoke phone" }));
    const dialog = await screen.findByTestId("revoke-token");
    expect(dialog.textContent).toMatch(/URL of phone is refused from now on; it was last used never\./);
    await user.click(within(dialog).getByRole("button", { name: "Keep it" }));
    await waitFor(() => expect(screen.queryByTestId("revoke-token")).toBeNull());
    expect(sent).toEqual(["phone"]);
    await user.click(panel().getByRole("button", { name: "Revoke phone" }));
    await user.click(within(await screen.findByTestId("revoke-token")).getByRole("button", { name: "Revoke phone" }));
    expect((await screen.findByTestId("empty")).textContent).toContain("No library reads the datafeed yet");
    expect(sent).toEqual(["phone", "t-2"]);
    expect(screen.queryByTestId("made-token")).toBeNull();
  });

  it("says why none was made or revoked", async () => {
    desk.use(
      answers.get(PATH, { items: [token()] }),
      http.post(`*/api/v1${PATH}`, () => refusal(429, "datafeed.too_many_tokens")),
      http.delete(`*/api/v1${PATH}/:id`, () => refusal(503, "database.unavailable")),
    );
    const user = userEvent.setup();
    openPage("/settings/datafeed");
    await user.type(await screen.findByLabelText(/^Name of what reads/), "phone");
    await user.click(panel().getByRole("button", { name: "Make a token" }));
    expect(await screen.findByText(/\(datafeed\.too_many_tokens\)/)).toBeTruthy();
    await user.click(panel().getByRole("button", { name: "Revoke wall screen" }));
    const dialog = await screen.findByTestId("revoke-token");
    await user.click(within(dialog).getByRole("button", { name: "Revoke wall screen" }));
    expect((await within(dialog).findByTestId("failure")).textContent).toMatch(/Not revoked.*database\.unavailable/);
  });

  it("asks for room before another is made, and takes one that is gone for revoked", async () => {
    const full = Array.from({ length: 20 }, (_, nth) => token({ token_id: `t-${nth}`, name: `screen ${nth}` }));
    desk.use(answers.get(PATH, { items: full }), answers.refuse("delete", `${PATH}/:id`, 404, "datafeed.token_not_found"));
    const user = userEvent.setup();
    openPage("/settings/datafeed");
    expect(await screen.findByText(/There are 20, and no more may be/)).toBeTruthy();
    expect(panel().getByRole<HTMLButtonElement>("button", { name: "Make a token" }).disabled).toBe(true);
    desk.use(answers.get(PATH, { items: full.slice(1) }));
    await user.click(panel().getByRole("button", { name: "Revoke screen 0" }));
    await user.click(within(await screen.findByTestId("revoke-token")).getByRole("button", { name: "Revoke screen 0" }));
    await waitFor(() => expect(screen.getAllByTestId("feed-token")).toHaveLength(19));
  });

  it("is on its way, fails, and keeps what was known", async () => {
    desk.use(answers.never(PATH));
    const { services } = openPage("/settings/datafeed");
    expect(await within(await screen.findByTestId("feed-tokens")).findByText("Loading")).toBeTruthy();
    services.resources.clear();
    desk.use(answers.refuse("get", PATH, 503, "database.unavailable"));
    window.history.pushState(null, "", "/settings");
    window.dispatchEvent(new PopStateEvent("popstate"));
    const user = userEvent.setup();
    await user.click(await screen.findByText("Datafeed tokens", { selector: "main a" }));
    expect((await screen.findByTestId("failure")).textContent).toMatch(/could not be shown.*database\.unavailable/);
    desk.use(answers.get(PATH, { items: [token()] }));
    await user.click(panel().getByRole("button", { name: "Try again" }));
    await screen.findByTestId("feed-token");
    desk.use(answers.refuse("get", PATH, 503, "database.unavailable"));
    services.resources.refresh("datafeed-tokens");
    expect(await screen.findByText(/Last known values/)).toBeTruthy();
    expect(screen.getByTestId("feed-token")).toBeTruthy();
  });

  it("is one that everybody can use", async () => {
    keeping([token()]);
    openPage("/settings/datafeed");
    await screen.findByTestId("feed-token");
    const { violations } = await run(document.body, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });
});
