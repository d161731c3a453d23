import { http, HttpResponse } from "msw";
import * as z from "zod/mini";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SessionKeeper } from "@/core/session";
import { answers, desk, refusal } from "@/testing/desk";
import * as fixtures from "@/testing/fixtures";

const keeper = ({ hinted = true } = {}) => {
  if (hinted) localStorage.setItem("nightdesk.session", "1");
  return new SessionKeeper(localStorage);
};
const call = { path: "/thing", answer: z.object({ token: z.nullable(z.string()) }) } as const;
const echo = http.get("*/api/v1/thing", ({ request }) => HttpResponse.json({ token: request.headers.get("Authorization") }));

/** Refreshes that hand out token-1, token-2 …, each good for an hour. */
function countRefreshes() {
  const seen = { count: 0 };
  desk.use(http.post("*/api/v1/session/refresh", () => HttpResponse.json(fixtures.session({ access_token: `token-${++seen.count}` }))));
  return seen;
}

afterEach(() => vi.useRealTimers());

describe("a session", () => {
  it("goes on from the cookie", async () => {
    const session = keeper();
    await session.start();
    expect(session.state.value).toMatchObject({ kind: "signed_in", user: { email: "someone@example.test" } });
  });

  it("asks nothing where nobody signed in", async () => {
    const seen = countRefreshes();
    const session = keeper({ hinted: false });
    await session.start();
    expect(session.state.value).toEqual({ kind: "signed_out", reason: "never" });
    expect(seen.count).toBe(0);
  });

  it("tells an ended session from a desk that is away", async () => {
    desk.use(answers.refuse("post", "/session/refresh", 401, "session.missing"));
    const ended = keeper();
    await ended.start();
    expect(ended.state.value).toEqual({ kind: "signed_out", reason: "ended" });
    desk.use(answers.refuse("post", "/session/refresh", 503, "database.unavailable"));
    const away = keeper();
    await away.start();
    expect(away.state.value).toMatchObject({ kind: "unreachable", problem: { code: "database.unavailable" } });
  });

  it("keeps the token out of every storage", async () => {
    const session = keeper();
    await session.signIn("someone@example.test", "password");
    expect([localStorage, sessionStorage].map((storage) => Object.entries(storage))).toEqual([[["nightdesk.session", "1"]], []]);
    expect(document.cookie).toBe("");
  });

  it("renews once for requests that come together", async () => {
    const seen = countRefreshes();
    desk.use(echo);
    const session = keeper();
    const tokens = await Promise.all([session.send(call), session.send(call), session.send(call)]);
    expect(seen.count).toBe(1);
    expect(tokens).toEqual([{ token: "Bearer token-1" }, { token: "Bearer token-1" }, { token: "Bearer token-1" }]);
  });

  it("renews a refused token once and asks again", async () => {
    countRefreshes();
    const session = keeper();
    await session.start();
    desk.use(
      http.get("*/api/v1/thing", ({ request }) =>
        request.headers.get("Authorization") === "Bearer token-2" ? HttpResponse.json({ token: "fine" }) : refusal(401, "session.token_ended"),
      ),
    );
    expect(await session.send(call)).toEqual({ token: "fine" });
  });

  it("ends when the token can't be renewed", async () => {
    const session = keeper();
    await session.start();
    desk.use(answers.refuse("get", "/thing", 401, "session.ended"), answers.refuse("post", "/session/refresh", 401, "session.ended"));
    await expect(session.send(call)).rejects.toMatchObject({ code: "session.ended" });
    expect(session.state.value).toEqual({ kind: "signed_out", reason: "ended" });
    expect(localStorage.length).toBe(0);
  });

  it("renews before the token ends, and keeps trying while the desk is away", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const seen = countRefreshes();
    const session = keeper();
    await session.start();
    await vi.advanceTimersByTimeAsync(58 * 60_000);
    expect(seen.count).toBe(1);
    desk.use(answers.refuse("post", "/session/refresh", 503, "database.unavailable"));
    await vi.advanceTimersByTimeAsync(70_000);
    await vi.waitFor(() => expect(session.state.value.kind).toBe("signed_in"));
  });

  it("is forgotten at once by signing out", async () => {
    let token: string | null = null;
    desk.use(
      http.delete("*/api/v1/session", ({ request }) => {
        token = request.headers.get("Authorization");
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const session = keeper();
    await session.start();
    const leaving = session.signOut();
    expect(session.state.value).toEqual({ kind: "signed_out", reason: "left" });
    await leaving;
    expect(token).toBe("Bearer token-1");
  });
});
