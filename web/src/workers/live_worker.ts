/** Runs the live connection off the page's thread. */
import * as z from "zod/mini";
import { LiveEngine } from "@/core/live/engine";
import type { ToWorker } from "@/core/live/messages";

z.config({ jitless: true });

interface Scope {
  readonly location: Location;
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToWorker>) => void): void;
}

const scope = self as unknown as Scope;
const url = `${scope.location.protocol === "https:" ? "wss" : "ws"}://${scope.location.host}/graphql/live`;
const engine = new LiveEngine({ url }, (message, transfer) => scope.postMessage(message, transfer));
scope.addEventListener("message", ({ data }) => engine.receive(data));
