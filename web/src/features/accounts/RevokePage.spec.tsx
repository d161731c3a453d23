import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import "@/features/accounts/RevokePage";
import { account } from "@/testing/fixtures";
import { keyDrill, revocation } from "@/testing/keys_fixtures";
import { answers, desk, refusal } from "@/testing/desk";
import { openPage } from "@/testing/page";

const EMPTY = answers.get("/keys/drills", { items: [], next_cursor: null });

function listening(reply: () => Response) {
  const sent: unknown[] = [];
  desk.use(
    http.post("*/api/v1/keys/revoke-all", async ({ request }) => {
      sent.push(await request.json());
      return reply();
    }),
  );
  return sent;
}

describe("revoking all keys", () => {
  it("walks a drill by its word, stops the watch, and leads to every venue", async () => {
    desk.use(EMPTY);
    const sent = listening(() => HttpResponse.json(revocation()));
    const user = userEvent.setup();
    openPage("/accounts/revoke");
    const go = await screen.findByRole<HTMLButtonElement>("button", { name: "Walk the way" });
    expect(go.disabled).toBe(true);
    expect(screen.getByTestId("empty").textContent).toContain("Never rehearsed");
    await user.type(screen.getByLabelText(/^Type “DRILL”/), "DRILL");
    desk.use(answers.get("/keys/drills", { items: [keyDrill()], next_cursor: null }));
    await user.click(go);
    expect((await screen.findByTestId("revoked-key")).textContent).toMatch(/Long hold Kraken.*f3Qz.*would be destroyed11\.2 ms.*Delete it at Kraken/);
    expect(screen.getByTestId("stopwatch").textContent).toBe("0:01.2");
    expect(sent).toEqual([{ mode: "drill", confirmation: "DRILL" }]);
    await waitFor(() => expect(screen.getByTestId("drills").textContent).toMatch(/drill.*1 keys in 0:01\.2/));
  });

  it("says what the real thing destroys, takes its own words only, and tells where a key stayed", async () => {
    desk.use(EMPTY, answers.get("/accounts", { items: [account(), account({ account_id: "other", state: "disconnected" })] }));
    const [key] = revocation().keys;
    const real = revocation({
      drill: keyDrill({ mode: "real", destroyed: 1, halted: true }),
      steps: [
        { name: "halt", took_ms: 30, code: "database.unavailable" },
        { name: "keys", took_ms: 12.5, code: null },
      ],
      keys: [{ ...key!, destroyed: true }, { ...key!, account_id: "b", code: "database.unavailable", delete_at: null }],
    });
    listening(() => HttpResponse.json(real));
    const user = userEvent.setup();
    openPage("/accounts/revoke");
    await user.click(await screen.findByText("For real"));
    expect(screen.getByTestId("revoke-form").textContent).toContain("All 1 sealed keys are destroyed. There is no way back");
    const word = screen.getByLabelText(/^Type “REVOKE ALL KEYS”/);
    await user.type(word, "revoke all keys");
    const go = screen.getByRole<HTMLButtonElement>("button", { name: "Destroy all 1 keys" });
    expect(go.disabled).toBe(true);
    await user.clear(word);
    await user.type(word, "REVOKE ALL KEYS");
    await user.click(go);
    const outcome = await screen.findByTestId("revocation");
    expect(outcome.textContent).toContain("database.unavailable Trading halted");
    expect(screen.getAllByTestId("revoked-key").map((row) => /destroyed|database/.exec(row.textContent)?.[0])).toEqual(["destroyed", "database"]);
  });

  it("does not hide that nobody knows how a failed attempt ended", async () => {
    desk.use(EMPTY);
    listening(() => refusal(503, "gateway.unavailable"));
    const user = userEvent.setup();
    openPage("/accounts/revoke");
    await user.type(await screen.findByLabelText(/^Type “DRILL”/), "DRILL");
    await user.click(screen.getByRole("button", { name: "Walk the way" }));
    expect((await screen.findByTestId("failure")).textContent).toContain("gateway.unavailable");
  });

  it("has no fault that axe finds", async () => {
    desk.use(answers.get("/keys/drills", { items: [keyDrill(), keyDrill({ drill_id: "2", mode: "real" })], next_cursor: null }));
    openPage("/accounts/revoke");
    await screen.findByTestId("drills");
    await screen.findByTestId("revoke-form");
    const { violations } = await run(document.querySelector("main") ?? document.body, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});
