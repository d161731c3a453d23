/** The whole page, signed in, on a scripted socket. */
import { render } from "@testing-library/react";
import { App } from "@/app/App";
import { makeServices, type Services } from "@/core/services";
import { ScriptedSocket } from "@/testing/scripted_socket";

export interface Opened {
  readonly services: Services;
  readonly sockets: ScriptedSocket[];
}

/** Services whose websockets are scripted and whose attempts follow at once. */
export function makeTestServices(): Opened {
  const sockets: ScriptedSocket[] = [];
  const webSocket = ScriptedSocket.collecting(sockets);
  const services = makeServices({ storage: localStorage, live: { url: "ws://desk/graphql/live", webSocket, wait: () => Promise.resolve() } });
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
