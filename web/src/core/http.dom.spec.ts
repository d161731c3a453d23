import { http, HttpResponse } from "msw";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { send } from "@/core/http";
import type { Problem } from "@/core/problems";
import { answers, desk } from "@/testing/desk";

const THING = z.object({ name: z.string() });
const ask = (more = {}) => send({ path: "/thing", answer: THING, ...more });
const problemOf = (promise: Promise<unknown>) => promise.then(() => expect.fail("it did not fail"), (thrown: unknown) => thrown as Problem);

describe("requests", () => {
  it("carry the token, a correlation id and the query, and parse the answer", async () => {
    let seen: Request | undefined;
    desk.use(
      http.get("*/api/v1/thing", ({ request }) => {
        seen = request;
        return HttpResponse.json({ name: "one", more: 1 });
      }),
    );
    expect(await ask({ token: "secret", query: { kind: "trade", asset: undefined }, correlationId: "an-action" })).toEqual({ name: "one" });
    expect(seen?.headers.get("Authorization")).toBe("Bearer secret");
    expect(seen?.headers.get("X-Correlation-Id")).toBe("an-action");
    expect(new URL(seen!.url).search).toBe("?kind=trade");
  });

  it("turn problem+json into a problem", async () => {
    desk.use(answers.refuse("get", "/thing", 429, "venue.rate_limited", { retry_after_s: 7, errors: [{ path: "key", message: "no" }] }));
    const problem = await problemOf(ask());
    expect(problem).toMatchObject({ code: "venue.rate_limited", status: 429, correlationId: "from-desk", retryAfterS: 7, isOutage: true });
    expect(problem.errors).toEqual([{ path: "key", message: "no" }]);
  });

  it("make a problem of an answer that is none", async () => {
    desk.use(http.get("*/api/v1/thing", () => new HttpResponse("<html>", { status: 502 })));
    expect(await problemOf(ask())).toMatchObject({ code: "http.502", isOutage: true });
  });

  it("tell an answer of another shape from a good one", async () => {
    desk.use(answers.get("/thing", { name: 1 }));
    expect(await problemOf(ask())).toMatchObject({ code: "contract.mismatch", isOutage: true, detail: expect.stringContaining("name") as string });
  });

  it("say so when nothing answers", async () => {
    desk.use(http.get("*/api/v1/thing", () => HttpResponse.error()));
    expect(await problemOf(ask({ correlationId: "an-action" }))).toMatchObject({ code: "network.unreachable", status: 0, correlationId: "an-action" });
  });
});
