/** The whole page, signed in, on a scripted socket. */
import { render } from "@testing-library/react";
import { App } from "@/app/App";
import { LiveEngine } from "@/core/live/engine";
import type { Link } from "@/core/live/live";
import type { FromWorker } from "@/core/live/messages";
import type { SocketOptions } from "@/core/live/socket";
import { makeServices, type Services } from "@/core/services";
import { ScriptedSocket } from "@/testing/scripted_socket";

/** The engine in the page itself, as the worker holds it. */
export function directLink(options: SocketOptions): Link {
  let receive: (message: FromWorker) => void = () => undefined;
  const engine = new LiveEngine(options, (message) => receive(message));
  return {
    send: (message) => engine.receive(message),
    onMessage: (listener) => {
      receive = listener;
    },
  };
}

export interface Opened {
  readonly services: Services;
  readonly sockets: ScriptedSocket[];
}

/** Services whose websockets are scripted and whose attempts follow at once. */
export function makeTestServices(): Opened {
  const sockets: ScriptedSocket[] = [];
  const options = { url: "ws://desk/graphql/live", webSocket: ScriptedSocket.collecting(sockets), wait: () => Promise.resolve() };
  const services = makeServices({ storage: localStorage, live: { link: () => directLink(options), nextFrame: queueMicrotask } });
  return { services, sockets };
}

/** Opens the page at an address; `signed in` means that the browser holds a session's cookie. */
export function openPage(path: string, { signedIn = true }: { readonly signedIn?: boolean } = {}): Opened {
  if (signedIn) localStorage.setItem("nightdesk.session", "1");
  window.history.pushState(null, "", path);
  const opened = makeTestServices();
  render(<App services={opened.services} />);
  return opened;
}
