import { describe, expect, it, vi } from "vitest";
import { Problem } from "@/core/problems";
import { Resources } from "@/core/resources";

const away = new Problem({ code: "database.unavailable", detail: "away", correlationId: "c", status: 503 });

describe("resources", () => {
  it("go from loading to ready, share one request and keep the last good value", async () => {
    const resources = new Resources();
    const load = vi.fn(() => Promise.resolve(1));
    expect(resources.peek("a").kind).toBe("loading");
    await Promise.all([resources.load("a", load), resources.load("a", load)]);
    expect(load).toHaveBeenCalledTimes(1);
    expect(resources.peek("a")).toEqual({ kind: "ready", value: 1 });
    await resources.load("a", () => Promise.reject(away));
    expect(resources.peek("a")).toEqual({ kind: "stale", value: 1, problem: away });
    await resources.load("a", () => Promise.resolve(2));
    expect(resources.peek("a")).toEqual({ kind: "ready", value: 2 });
  });

  it("show an error where there never was a value", async () => {
    const resources = new Resources();
    await resources.load("a", () => Promise.reject(away));
    expect(resources.peek("a")).toEqual({ kind: "error", problem: away });
  });

  it("refresh only what is shown", async () => {
    const resources = new Resources();
    const load = vi.fn(() => Promise.resolve(1));
    const stop = resources.subscribe("portfolio", load, () => undefined);
    resources.refresh("port");
    resources.refresh("accounts");
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(1));
    stop();
    resources.refresh("portfolio");
    expect(load).toHaveBeenCalledTimes(1);
  });
});
