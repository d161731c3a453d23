/** Starts the page. */
import "@/shared/mantine.css";
import "@/shared/tokens.css";
import { createRoot } from "react-dom/client";
import * as z from "zod/mini";
import { App } from "@/app/App";
import type { Link } from "@/core/live/live";
import type { FromWorker } from "@/core/live/messages";
import { makeServices } from "@/core/services";

z.config({ jitless: true }); // the page may not make code

/** The live connection's worker; it starts with the first listener. */
function openWorker(): Link {
  const worker = new Worker(new URL("../workers/live_worker.ts", import.meta.url), { type: "module", name: "live" });
  return {
    send: (message) => worker.postMessage(message),
    onMessage: (receive) => worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => receive(data)),
  };
}

const services = makeServices({
  live: { link: openWorker },
  storage: localStorage,
  otherTabs: new BroadcastChannel("nightdesk.session"),
});

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(<App services={services} />);

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  void navigator.serviceWorker.register("/service_worker.js", { updateViaCache: "none" }).catch(() => undefined);
}
