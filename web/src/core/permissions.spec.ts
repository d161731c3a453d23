import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { subject } from "@casl/ability";
import { describe, expect, it } from "vitest";
import type { PermissionRule } from "@/core/contracts";
import { permissionsOf } from "@/core/permissions";

const VIEWER = [{ action: "read", subject: "all" }, { action: "read", subject: "User", inverted: true }];

describe("permissions", () => {
  it("allow what the rules do and nothing else", () => {
    const viewer = permissionsOf(VIEWER);
    expect([viewer.can("read", "Ledger"), viewer.can("read", "User"), viewer.can("create", "Account")]).toEqual([true, false, false]);
  });
});

/** A question and its answer, the same for the desk's own evaluator. */
interface GoldenCase {
  readonly rules: PermissionRule[];
  readonly action: string;
  readonly subject: string;
  readonly fields?: Record<string, unknown>;
  readonly allowed: boolean;
}

const GOLDEN = resolve("../tests/golden/permissions.json");
const cases = existsSync(GOLDEN) ? (JSON.parse(readFileSync(GOLDEN, "utf8")) as GoldenCase[]) : [];

describe.skipIf(cases.length === 0)("permissions, as the desk reads them", () => {
  it.each(cases)("$action $subject by $rules: $allowed", ({ rules, action, subject: type, fields, allowed }) => {
    expect(permissionsOf(rules).can(action, fields ? subject(type, { ...fields }) : type)).toBe(allowed);
  });
});
