import { describe, expect, it } from "vitest";
import { ageText, durationText, exactInstantText, instantText, isZone } from "@/shared/instants";
import { instantOf, localOf } from "@/shared/zoned";

const NOW = Date.parse("2026-03-29T12:00:00Z");

describe("instants", () => {
  it.each([
    ["2026-03-29T11:59:59.500Z", "now"],
    ["2026-03-29T11:59:18Z", "42 s"],
    ["2026-03-29T11:01:00Z", "59 min"],
    ["2026-03-28T13:00:00Z", "23 h"],
    ["2026-03-20T12:00:00Z", "9 d"],
  ])("%s is %s old", (instant, age) => {
    expect(ageText(instant, NOW)).toBe(age);
  });

  it("are shown in the user's zone, across a change of the clock", () => {
    expect(instantText("2026-03-29T00:59:59Z", "Europe/Berlin")).toBe("2026-03-29 01:59:59");
    expect(instantText("2026-03-29T01:00:00Z", "Europe/Berlin")).toBe("2026-03-29 03:00:00");
    expect(exactInstantText("2019-10-11T00:00:11.620000Z", "Asia/Kathmandu")).toBe("2019-10-11 05:45:11.620000 Asia/Kathmandu");
  });

  it("come back from local times of a zone", () => {
    expect(instantOf("2026-03-29T03:30", "Europe/Berlin")).toBe("2026-03-29T01:30:00Z");
    expect(localOf("2026-03-29T01:30:00Z", "Europe/Berlin")).toBe("2026-03-29T03:30");
    expect(instantOf("tomorrow", "UTC")).toBeNull();
    expect(localOf("", "UTC")).toBe("");
  });

  it("know a zone from a word", () => {
    expect([isZone("Pacific/Chatham"), isZone("Mars/Olympus")]).toEqual([true, false]);
  });

  it("tell durations", () => {
    expect([8, 200, 3720].map(durationText)).toEqual(["8 s", "3 min 20 s", "1 h 02 min"]);
  });
});
