import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import typescript from "typescript-eslint";

/** Who may import whom: shared <- core <- charts, workers, features <- app. */
const above = {
  shared: ["core", "charts", "workers", "features", "app", "testing"],
  core: ["charts", "workers", "features", "app", "testing"],
  charts: ["workers", "features", "app", "testing"],
  workers: ["charts", "features", "app", "testing"],
};

/** Domains of the desk; none knows another. */
const features = ["accounts", "alerts", "budgets", "chart", "files", "inbox", "ledger", "markets", "orders", "portfolio", "quality", "reconciliation", "rules", "session", "settings"];

const upward = {
  regex: "^\\.\\./",
  message: "Reach into another folder by its full name (@/…), so that the zones can be read.",
};

const zone = (folder, forbidden) => ({
  files: [`src/${folder}/**/*.{ts,tsx}`],
  ignores: ["**/*.spec.{ts,tsx}"],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          upward,
          ...forbidden.map((name) => ({ regex: `^@/${name}(/|$)`, message: `${folder} may not know ${name}.` })),
        ],
      },
    ],
  },
});

export default typescript.config(
  { ignores: ["dist", "node_modules"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [typescript.configs.strictTypeChecked, typescript.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", { max: 120, skipBlankLines: true, skipComments: true }],
      eqeqeq: "error",
      "no-console": ["error", { allow: ["log"] }],
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": hooks },
    rules: { ...hooks.configs.recommended.rules, "no-console": "error" },
  },
  {
    files: ["**/*.spec.{ts,tsx}", "src/testing/**"],
    rules: { "max-lines-per-function": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
  ...Object.entries(above).map(([folder, forbidden]) => zone(folder, forbidden)),
  ...features.map((feature) =>
    zone(`features/${feature}`, ["app", "testing", ...features.filter((other) => other !== feature).map((other) => `features/${other}`)]),
  ),
  zone("app", ["testing"]),
);
