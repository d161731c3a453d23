import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

const eslint = new ESLint({ overrideConfigFile: "eslint.config.js", ruleFilter: ({ ruleId }) => ruleId === "no-restricted-imports" });

/** Whether a file at this path may import that. */
async function may(path: string, imported: string): Promise<boolean> {
  const [result] = await eslint.lintText(`import "${imported}";\n`, { filePath: `src/${path}` });
  return !result?.messages.some(({ ruleId }) => ruleId === "no-restricted-imports");
}

describe("zones", () => {
  it.each([
    ["shared/decimals.ts", "@/core/http", false],
    ["core/http.ts", "@/shared/decimals", true],
    ["core/http.ts", "@/features/ledger/pages", false],
    ["core/http.ts", "../features/ledger/pages", false],
    ["charts/AllocationBar.tsx", "@/features/ledger/pages", false],
    ["features/ledger/pages.ts", "@/features/portfolio/rows", false],
    ["features/alerts/words.ts", "@/features/rules/words", false],
    ["features/files/words.ts", "@/features/accounts/words", false],
    ["features/budgets/words.ts", "@/features/orders/words", false],
    ["features/orders/words.ts", "@/features/alerts/words", false],
    ["features/rules/words.ts", "@/features/orders/words", false],
    ["features/ledger/pages.ts", "@/features/ledger/filter", true],
    ["features/ledger/pages.ts", "@/core/http", true],
    ["features/ledger/pages.ts", "@/app/pages", false],
    ["app/pages.tsx", "@/features/ledger/pages", true],
    ["app/pages.tsx", "@/testing/desk", false],
  ])("%s importing %s: %s", async (path, imported, allowed) => {
    expect(await may(path, imported)).toBe(allowed);
  });
});
