import { describe, expect, it } from "vitest";
import { definition as definition_shape, type Definition } from "@/core/rules_contracts";
import { definitionOf, draftOf, EMPTY_DRAFT, faultsIn, newAction } from "@/features/rules/drafts";
import { pickedOf, textOf } from "@/features/rules/operands";
import { numbersOf, percentText, ratioOf, spanOf, spanText } from "@/features/rules/spans";

const FULL: Definition = {
  rules: [
    { name: "stop", condition: { kind: "trailing_stop", scope: { kind: "portfolio", account_id: null, asset: null }, bot_id: null, arm_ratio: "0.05", trail_ratio: "0.125" } },
    {
      name: "others",
      condition: {
        kind: "any",
        conditions: [
          { kind: "not", condition: { kind: "compare", left: "RSI(BINANCE:BTC/USDT,15m,14)", relation: ">=", right: "30" } },
          { kind: "held", condition: { kind: "cross", left: "1", direction: "below", right: "2" }, lasting_s: 5400 },
          { kind: "change", operand: "price(BINANCE:BTC/USDT)", window_s: 3600, relation: "<", ratio: "-0.05" },
          { kind: "schedule", minutes: [0, 30], hours: [], days: [], months: [], weekdays: [1, 7], zone: "Europe/Berlin" },
        ],
      },
    },
  ],
  actions: [newAction("panic_sell", ""), newAction("notify", "")],
  repeating: false,
  cooldown_s: 86_400,
  active_hours: { begin: "08:00", end: "22:00", zone: "UTC", weekdays: [1, 2] },
  policy: "escalate",
};

describe("a definition and its form", () => {
  it("comes back as it was", () => {
    expect(definitionOf(draftOf("Name", FULL))).toEqual({ definition: FULL, faults: {} });
    expect(definition_shape.safeParse(FULL).data).toEqual(FULL);
  });

  it("begins as something that can be meant", () => {
    expect(definitionOf(EMPTY_DRAFT).faults).toEqual({});
  });

  it("says by place what can't be meant", () => {
    const draft = draftOf("Name", FULL);
    const stop = { ...draft.rules[0]!.condition, trail: "a lot" } as (typeof draft.rules)[0]["condition"];
    const { faults } = definitionOf({ ...draft, cooldown: "soon", rules: [{ name: "stop", condition: stop }] });
    expect(Object.keys(faults).sort()).toEqual(["cooldown_s", "rules.0.condition.trail_ratio"]);
  });

  it("finds the place of what the desk refused", () => {
    const errors = [{ path: "body.definition.rules.0.condition.all.conditions.1.compare.left", message: "is empty" }];
    expect(faultsIn({ detail: "rules.0.condition.left: there is no RSX", errors: [] })).toEqual({ "rules.0.condition.left": "there is no RSX" });
    expect(faultsIn({ detail: "Some of it", errors })).toEqual({ "rules.0.condition.conditions.1.left": "is empty" });
  });
});

describe("operands", () => {
  it.each([
    ["30", "number"],
    ["price(BINANCE:BTC/USDT)", "market"],
    ["value(PORTFOLIO:abc)", "portfolio"],
    ["balance(ACCOUNT:abc,BTC)", "portfolio"],
    ["small_caps(PORTFOLIO:abc)", "portfolio"],
    ["potential(PORTFOLIO:abc,BTC)", "portfolio"],
    ["potential(BINANCE:BTC/USDT)", "market"],
    ["RSI(BINANCE:BTC/USDT,15m,14)", "indicator"],
    ["MACD(BINANCE:BTC/USDT,1h,12,26,9).macdsignal", "indicator"],
    ["close(BINANCE:BTC/USDT,1h) * 1.05", "text"],
    ["EMA(RSI(BINANCE:BTC/USDT,15m),timeperiod=9)", "text"],
  ])("%s is picked as %s and written as it was", (text, kind) => {
    const picked = pickedOf(text);
    expect(picked.kind).toBe(kind);
    expect(textOf(picked)).toBe(text);
  });
});

describe("spans, percents and lists", () => {
  it("reads and writes spans", () => {
    expect([spanOf("90 min"), spanOf("1 h 30 min"), spanOf("2d"), spanOf("0"), spanOf("soon"), spanOf("5 weeks")]).toEqual([5400, 5400, 172_800, 0, null, null]);
    expect([spanText(5400), spanText(0), spanText(86_461)]).toEqual(["1 h 30 min", "0", "1 d 1 min 1 s"]);
  });

  it("reads and writes percents exactly", () => {
    expect([ratioOf("12.5"), ratioOf("-5 %"), ratioOf("0"), ratioOf("x")]).toEqual(["0.125", "-0.05", "0", null]);
    expect([percentText("0.125"), percentText("-0.05"), percentText("1")]).toEqual(["12.5", "-5", "100"]);
  });

  it("reads lists of numbers", () => {
    expect([numbersOf("0, 30"), numbersOf(""), numbersOf("often")]).toEqual([[0, 30], [], null]);
  });
});
