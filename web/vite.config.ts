import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { type Plugin, type PreviewServer, runnerImport, type ViteDevServer } from "vite";
import { defineConfig } from "vitest/config";

const source = fileURLToPath(new URL("./src", import.meta.url));

/** What must arrive before a page is drawn, and what it weighs with all that follows (its table, its chart), gzipped. */
const BUDGET_KB = { drawn: 350, whole: 470 };

interface Chunk {
  readonly code: string;
  readonly isEntry: boolean;
  readonly imports: readonly string[];
  readonly dynamicImports: readonly string[];
  readonly facadeModuleId: string | null;
  readonly viteMetadata?: { readonly importedCss: ReadonlySet<string> };
}

type Served = Pick<ViteDevServer | PreviewServer, "middlewares" | "httpServer">;

/** Prints what each page weighs and fails the build when one outgrows its budget. */
function sizeBudget(): Plugin {
  return {
    name: "nightdesk-size-budget",
    apply: "build",
    writeBundle(_options, bundle) {
      const kilobytes = (text: string | Uint8Array) => gzipSync(text).length / 1000;
      const chunks = new Map<string, Chunk>();
      const css = new Map<string, number>();
      for (const [name, output] of Object.entries(bundle)) {
        if (output.type === "chunk") chunks.set(name, output);
        else if (name.endsWith(".css")) css.set(name, kilobytes(output.source));
      }
      const gather = (name: string, files: Set<string>) => {
        const chunk = chunks.get(name);
        if (!chunk || files.has(name)) return;
        files.add(name);
        for (const sheet of chunk.viteMetadata?.importedCss ?? []) files.add(sheet);
        for (const inner of chunk.imports) gather(inner, files);
      };
      const follow = (name: string, files: Set<string>) => {
        for (const later of chunks.get(name)?.dynamicImports ?? []) gather(later, files);
      };
      const weigh = (files: Set<string>) =>
        [...files].reduce((sum, file) => sum + (css.get(file) ?? kilobytes(chunks.get(file)?.code ?? "")), 0);
      const entry = [...chunks].find(([, chunk]) => chunk.isEntry && !chunk.facadeModuleId?.includes("workers"));
      for (const [name, chunk] of chunks) {
        if (!entry || !chunk.facadeModuleId?.match(/features\/.*Page\.tsx$/)) continue;
        const files = new Set<string>();
        gather(entry[0], files);
        gather(name, files);
        const drawn = weigh(files);
        follow(name, files);
        const whole = weigh(files);
        const page = chunk.facadeModuleId.split("/").at(-1)?.replace(".tsx", "") ?? name;
        console.log(`${page.padEnd(14)} drawn with ${drawn.toFixed(0)} KB, whole with ${whole.toFixed(0)} KB (gzip)`);
        if (drawn > BUDGET_KB.drawn || whole > BUDGET_KB.whole) this.error(`${page} outgrew its budget`);
      }
    },
  };
}

/** The fake desk under `dev/`, only with FAKE_DESK=1: beside the sources (`vite dev`) or what was built of them (`vite preview`), never in it. */
function fakeDesk(): Plugin {
  const install = async (server: Served) => {
    if (process.env["FAKE_DESK"] !== "1") return;
    const { module } = await runnerImport<{ install: (to: Served) => void }>("./dev/fake_desk.ts", { resolve: { alias: { "@": source } } });
    module.install(server);
  };
  return { name: "nightdesk-fake-desk", apply: (_config, { command }) => command === "serve", configureServer: install, configurePreviewServer: install };
}

const desk = process.env["DESK"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), sizeBudget(), fakeDesk()],
  resolve: { alias: { "@": source } },
  build: {
    target: "es2023",
    sourcemap: false,
    license: true,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      input: { index: "index.html", service_worker: "src/workers/service_worker.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "service_worker" ? "service_worker.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  worker: { format: "es" },
  server: {
    proxy:
      process.env["FAKE_DESK"] === "1"
        ? {}
        : {
            "/api": desk,
            "/graphql/live": { target: desk.replace("http", "ws"), ws: true },
            "/graphql": desk,
          },
  },
  test: {
    restoreMocks: true,
    testTimeout: 60_000, // a busy machine is no failure
    css: false,
    reporters: ["minimal"],
    projects: [
      { extends: true, test: { name: "plain", environment: "node", include: ["src/**/*.spec.ts"], exclude: ["src/**/*.dom.spec.ts"] } },
      {
        extends: true,
        test: { name: "page", environment: "jsdom", include: ["src/**/*.dom.spec.ts", "src/**/*.spec.tsx"], setupFiles: ["src/testing/setup.ts"] },
      },
    ],
  },
});
