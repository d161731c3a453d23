import { describe, expect, it } from "vitest";
import type { Condition, Seen } from "@/core/rules_contracts";
import { farthest, foundIn, scopeText } from "@/features/rules/missing";
import { trimmed } from "@/features/rules/spans";
import { type Decimal, decimal } from "@/shared/decimals";
import { definition, judged } from "@/testing/rules_fixtures";

const seen = (values: Readonly<Record<string, string>>): readonly Seen[] => Object.entries(values).map(([text, value]) => ({ text, value: decimal(value), source: "price", at: null }));
const plain = (value: Decimal | null) => (value === null ? null : trimmed(value));
const missing = (condition: Condition, values: Readonly<Record<string, string>>) => foundIn(definition({ rules: [{ name: "r", condition }] }), seen(values)).map((found) => plain(found.missing));

describe("what was missing", () => {
  it.each<[Condition, Readonly<Record<string, string>>, (string | null)[]]>([
    [{ kind: "compare", left: "price(A)", relation: "<", right: "30" }, { "price(A)": "40" }, ["0.25"]],
    [{ kind: "compare", left: "price(A)", relation: ">=", right: "price(B)" }, { "price(A)": "100", "price(B)": "110" }, ["0.1"]],
    [{ kind: "compare", left: "price(A)", relation: "<", right: "30" }, { "price(A)": "20" }, ["-0.5"]],
    [{ kind: "cross", left: "price(A)", direction: "above", right: "50" }, { "price(A)": "40" }, ["0.25"]],
    [{ kind: "compare", left: "price(A) - price(B)", relation: "<", right: "30" }, { "price(A)": "40" }, [null]],
    [{ kind: "change", operand: "price(A)", window_s: 60, relation: "<=", ratio: "-0.05" }, { "price(A)": "98", "price(A) at 2026-11-20T12:00:00+00:00": "100" }, ["0.03"]],
    [{ kind: "change", operand: "price(A)", window_s: 60, relation: "<=", ratio: "-0.05" }, { "price(A)": "98" }, [null]],
    [{ kind: "not", condition: { kind: "held", lasting_s: 60, condition: { kind: "compare", left: "price(A)", relation: "<", right: "30" } } }, { "price(A)": "40" }, ["0.25"]],
    [{ kind: "schedule", minutes: [], hours: [], days: [], months: [], weekdays: [], zone: "UTC" }, {}, [null]],
  ])("%o with %o: %o", (condition, values, expected) => expect(missing(condition, values)).toEqual(expected));

  it("names a stop's scope as the desk does", () => {
    expect([scopeText({ kind: "portfolio" }), scopeText({ account_id: "a" }), scopeText({ account_id: "a", asset: "BTC" })]).toEqual(["value of portfolio", "value of account a", "value of position a BTC"]);
    const stop: Condition = { kind: "trailing_stop", scope: {}, bot_id: null, arm_ratio: "0", trail_ratio: "0.1" };
    expect(foundIn(definition({ rules: [{ name: "r", condition: stop }] }), seen({ "value of portfolio": "7319" }))[0]?.value).toBe("7319");
  });

  it("is told of the condition that was farthest", () => {
    const group: Condition = { kind: "all", conditions: [1, 2].map((each) => ({ kind: "compare", left: "price(A)", relation: "<", right: `${each * 10}` }) as const) };
    const found = foundIn(definition({ rules: [{ name: "r", condition: group }] }), seen({ "price(A)": "40" }));
    expect(plain(farthest(found)?.missing ?? null)).toBe("0.75");
    expect(farthest(foundIn(definition(), []))).toBeNull();
    expect(plain(foundIn(definition(), judged().seen)[0]?.missing ?? null)).toBe("0.25");
  });
});
