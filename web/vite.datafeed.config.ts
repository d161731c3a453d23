/** The datafeed as a file of its own, for pages that hold a licensed charting library; built beside the desk's page. */
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const source = fileURLToPath(new URL("./src", import.meta.url));
const BUDGET_KB = 30;

function sizeBudget(): Plugin {
  return {
    name: "nightdesk-datafeed-budget",
    writeBundle(_options, bundle) {
      for (const [name, output] of Object.entries(bundle)) {
        const weight = output.type === "chunk" ? gzipSync(output.code).length / 1_000 : 0;
        console.log(`${name} weighs ${weight.toFixed(0)} KB (gzip)`);
        if (weight > BUDGET_KB) this.error(`${name} outgrew its budget`);
      }
    },
  };
}

export default defineConfig({
  plugins: [sizeBudget()],
  resolve: { alias: { "@": source } },
  publicDir: false,
  build: {
    target: "es2023",
    outDir: "dist/datafeed",
    emptyOutDir: true,
    license: true,
    lib: { entry: "src/core/datafeed/standalone.ts", name: "NightdeskDatafeed", formats: ["es", "iife"], fileName: (format) => `nightdesk-datafeed${format === "es" ? ".mjs" : ".js"}` },
  },
});
