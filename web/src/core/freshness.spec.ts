import { describe, expect, it } from "vitest";
import { isLate } from "@/core/Freshness";
import { Resources } from "@/core/resources";

describe("freshness", () => {
  it.each([
    [0, 2_000, false],
    [10_000, 2_000, false],
    [10_001, 2_000, true],
    [19_000, 5_000, false],
    [20_001, 5_000, true],
  ])("of an answer %i ms old that is asked for every %i ms: late is %s", (age, every, expected) => expect(isLate(1_000, 1_000 + age, every)).toBe(expected));

  it("is of the last answer, not of the last attempt", async () => {
    const resources = new Resources();
    expect(resources.answeredAtMs("a")).toBeNull();
    await resources.load("a", () => Promise.resolve(1));
    const answered = resources.answeredAtMs("a");
    expect(answered).not.toBeNull();
    await resources.load("a", () => Promise.reject(new Error("away")));
    expect(resources.answeredAtMs("a")).toBe(answered);
  });
});
