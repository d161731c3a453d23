import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import { desk } from "@/testing/desk";
import { ACCOUNT_ID } from "@/testing/fixtures";
import * as fixtures from "@/testing/fixtures";
import { makeTestServices } from "@/testing/page";

const camel = (name: string) => name.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());
const pushed = (more = {}) => ({
  importProgress: Object.fromEntries(Object.entries(fixtures.importProgress(more)).map(([name, value]) => [camel(name), value])),
});

async function listening() {
  localStorage.setItem("nightdesk.session", "1");
  const opened = makeTestServices();
  const { services, sockets } = opened;
  await services.session.start();
  const stop = services.live.listen({ name: "importProgress" }, ({ progress }) => services.imports.pushed(progress));
  const socket = async (at: number) => {
    await vi.waitFor(() => expect(sockets[at]?.sent[0]?.type).toBe("connection_init"));
    sockets[at]!.acknowledge();
    await vi.waitFor(() => expect(sockets[at]?.sent.at(-1)?.type).toBe("subscribe"));
    return sockets[at]!;
  };
  const known = () => services.imports.store.value.get(ACCOUNT_ID);
  return { ...opened, stop, socket, known };
}

describe("the live connection", () => {
  it("opens with the token and hands on what is pushed", async () => {
    const { socket, known, services, stop } = await listening();
    const first = await socket(0);
    expect(first.sent[0]?.payload).toEqual({ accessToken: "token-1" });
    expect(services.live.state.value).toBe("open");
    first.push(pushed({ rows_recorded: 500 }));
    await vi.waitFor(() => expect(known()?.rows_recorded).toBe(500));
    stop();
  });

  it("comes back after it was lost, and ignores what came twice or late", async () => {
    const { socket, known, services, stop } = await listening();
    (await socket(0)).push(pushed({ rows_recorded: 500 }));
    (await socket(0)).breakOff();
    expect(services.live.state.value).toBe("lost");
    const second = await socket(1);
    for (const rows_recorded of [500, 900, 700, 900]) second.push(pushed({ rows_recorded }));
    await vi.waitFor(() => expect(known()?.rows_recorded).toBe(900));
    stop();
  });

  it("renews a refused token before it tries again", async () => {
    const { socket, stop } = await listening();
    desk.use(http.post("*/api/v1/session/refresh", () => HttpResponse.json(fixtures.session({ access_token: "token-2" }))));
    (await socket(0)).breakOff(4403, "Forbidden");
    expect((await socket(1)).sent[0]?.payload).toEqual({ accessToken: "token-2" });
    stop();
  });

  it("survives messages that make no sense", async () => {
    const { socket, known, stop } = await listening();
    const first = await socket(0);
    first.push({ importProgress: { rowsRecorded: "many" } });
    first.push({ importProgress: null });
    first.push(pushed({ state: "done", progress_ratio: 1 }));
    await vi.waitFor(() => expect(known()?.state).toBe("done"));
    stop();
  });
});
