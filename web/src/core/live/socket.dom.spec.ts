import { describe, expect, it, vi } from "vitest";
import { openSocket } from "@/core/live/socket";
import { ScriptedSocket } from "@/testing/scripted_socket";

const QUIET = { token: () => Promise.resolve("token"), refused: () => undefined, opened: () => undefined };
const sink = { next: () => undefined, error: () => undefined, complete: () => undefined };

describe("the socket", () => {
  it("is given up when the other end is silent", async () => {
    const sockets: ScriptedSocket[] = [];
    const states: string[] = [];
    const options = { url: "ws://desk", webSocket: ScriptedSocket.collecting(sockets), wait: () => Promise.resolve(), keepAliveMs: 120, silentMs: 60 };
    const { client } = openSocket(options, { ...QUIET, state: (state) => states.push(state) });
    const stop = client.subscribe({ query: "subscription { feeds { venue } }" }, sink);
    await vi.waitFor(() => expect(sockets[0]?.sent).not.toHaveLength(0));
    sockets[0]!.acknowledge();
    await vi.waitFor(() => expect(sockets).toHaveLength(2));
    expect(states.slice(0, 4)).toEqual(["connecting", "open", "lost", "lost"]);
    sockets[1]!.acknowledge();
    stop();
  });

  it("waits ever longer between attempts, and not at all when somebody comes back", async () => {
    const sockets: ScriptedSocket[] = [];
    const { client, wake } = openSocket({ url: "ws://desk", webSocket: ScriptedSocket.collecting(sockets) }, { ...QUIET, state: () => undefined });
    const stop = client.subscribe({ query: "subscription { feeds { venue } }" }, sink);
    for (const attempt of [1, 2, 3]) {
      await vi.waitFor(() => expect(sockets[attempt - 1]?.sent).not.toHaveLength(0));
      sockets[attempt - 1]!.breakOff();
      await vi.waitFor(() => (wake(), expect(sockets).toHaveLength(attempt + 1)), { timeout: 250, interval: 5 });
    }
    sockets[3]!.acknowledge();
    stop();
  });
});
