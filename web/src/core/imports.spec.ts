import { describe, expect, it, vi } from "vitest";
import { Imports, laterOf } from "@/core/imports";
import { importProgress } from "@/testing/fixtures";

const LATER = "2026-11-21T12:00:00Z";

describe("imports", () => {
  it("never turn back", () => {
    const done = importProgress({ state: "done", progress_ratio: 1 });
    expect(laterOf(done, importProgress())).toBe(done);
    expect(laterOf(importProgress({ rows_recorded: 9 }), importProgress({ rows_recorded: 8 })).rows_recorded).toBe(9);
  });

  it("begin anew with another import", () => {
    const again = importProgress({ import_id: "import-2", state: "queued", rows_recorded: 0, queued_at: LATER });
    expect(laterOf(importProgress({ state: "done" }), again)).toBe(again);
    expect(laterOf(again, importProgress({ state: "done" }))).toBe(again);
  });

  it("tell once that they are over", () => {
    const finished = vi.fn();
    const imports = new Imports(finished);
    for (const state of ["running", "done", "done"] as const) imports.report(importProgress({ state, rows_recorded: 200 }));
    expect(finished).toHaveBeenCalledTimes(1);
  });

  it("say nothing of what was over before one looked", () => {
    const finished = vi.fn();
    new Imports(finished).report(importProgress({ state: "done" }));
    expect(finished).not.toHaveBeenCalled();
  });
});
