/** Starts the page. */
import "@/shared/mantine.css";
import "@/shared/tokens.css";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { makeServices } from "@/core/services";

const services = makeServices({
  live: { url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql/live` },
  storage: localStorage,
  otherTabs: new BroadcastChannel("nightdesk.session"),
});

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(<App services={services} />);

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  void navigator.serviceWorker.register("/service_worker.js", { updateViaCache: "none" }).catch(() => undefined);
}
