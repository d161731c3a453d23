import { describe, expect, it } from "vitest";
import type { Condition, Definition, Distance } from "@/core/rules_contracts";
import { conditionAt, conditionWords, distanceWords, nearness, shortened } from "@/features/rules/words";
import { decimal } from "@/shared/decimals";

const far = (what: string, ratio: string | null): Distance => ({ rule: "stop", number: 1, what, value: null, threshold: null, ratio: ratio === null ? null : decimal(ratio), at: null });
const STOP: Condition = { kind: "trailing_stop", scope: {}, bot_id: null, arm_ratio: "0.05", trail_ratio: "0.1" };
const COMPARE: Condition = { kind: "compare", left: "value(PORTFOLIO:00000000-0000-4000-8000-000000000000)", relation: ">", right: "30" };

describe("distances in words", () => {
  it.each([
    [far("compare", "0.0321"), "3.21 % to go"],
    [far("compare", "0"), "true now"],
    [far("arms", "0.05"), "5.00 % until it arms"],
    [far("fires", "0.1"), "10.00 % down to its sell-at"],
    [far("fires", "-0.01"), "fires now"],
    [far("compare", null), "not known yet"],
    [far("due", null), "when it is due"],
    [far("held", null), "since it is true"],
  ])("%o: %s", (distance, words) => expect(distanceWords(distance)).toBe(words));

  it("fills a bar the nearer it is", () => {
    expect([far("compare", null), far("compare", "0.5"), far("compare", "0.1"), far("compare", "-1")].map(nearness)).toEqual([0, 0, 0.5, 1]);
  });
});

describe("conditions in words", () => {
  it("says what a trailing stop does, and leaves ids out", () => {
    expect(conditionWords(STOP)).toBe("the portfolio falls 10 % below its best, once it gained 5 %");
    expect(conditionWords(COMPARE)).toBe("value(portfolio) > 30");
    expect(shortened("value of account 00000000-0000-4000-8000-000000000000 = 30")).toBe("value of account = 30");
  });

  it("numbers each before what it holds", () => {
    const group: Condition = { kind: "all", conditions: [COMPARE, { kind: "not", condition: STOP }] };
    const definition = { rules: [{ name: "a", condition: group }, { name: "b", condition: STOP }] } as Definition;
    expect([1, 2, 3, 4, 5, 6].map((number) => conditionAt(definition, number)?.kind)).toEqual(["all", "compare", "not", "trailing_stop", "trailing_stop", undefined]);
  });
});
