import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ChartBook, emptyContent, MAIN_LAYOUT } from "@/core/chart_book";
import type { Drawing, LayoutContent } from "@/core/chart_contracts";
import { Problem } from "@/core/problems";

const AT = "2026-11-20T12:00:00.000000Z";
const drawing = (id: string, price = 1): Drawing => ({ id, kind: "note", series: "BINANCE:BTC/USDT", anchors: [{ at_ms: 0, price }], text: id, colour: 0, width: 1, dash: "solid", locked: false, hidden: false });

/** As the desk keeps layouts: each change names the version it has seen. */
class FakeLayouts {
  version = 0;
  name = "Main";
  content: LayoutContent = emptyContent("BINANCE:BTC/USDT", "15m");
  puts = 0;
  fault: Problem | null = null;

  layout = () => Promise.resolve({ layout_id: MAIN_LAYOUT, name: this.name, version: this.version, content: this.content as never, made_at: AT, changed_at: AT });

  putLayout = (_id: string, { name, content, replaces }: { name: string; content: LayoutContent; replaces: number }) => {
    this.puts += 1;
    if (this.fault) return Promise.reject(this.fault);
    if (replaces !== this.version) return Promise.reject(new Problem({ code: "charts.layout_changed", detail: "", correlationId: "", status: 409 }));
    this.version += 1;
    [this.name, this.content] = [name, content];
    return this.layout();
  };
}

const open = (desk: FakeLayouts) => new ChartBook(desk, MAIN_LAYOUT, { name: desk.name, version: desk.version, content: desk.content });

describe("an open layout", () => {
  beforeEach(() => void vi.useFakeTimers());

  it("is kept a moment after the last change, once", async () => {
    const desk = new FakeLayouts();
    const book = open(desk);
    book.put(drawing("a"));
    book.put(drawing("b"));
    expect(book.state.value.keeping).toBe("unkept");
    await vi.advanceTimersByTimeAsync(1_000);
    expect([desk.puts, book.state.value.keeping, desk.content.drawings.map(({ id }) => id)]).toEqual([1, "kept", ["a", "b"]]);
    book.change({ magnet: "off" });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(desk.puts).toBe(1);
  });

  it("says that another tab was first, and takes either side's", async () => {
    const desk = new FakeLayouts();
    const [one, other] = [open(desk), open(desk)];
    one.put(drawing("one"));
    await one.flush();
    other.put(drawing("other"));
    await other.flush();
    expect(other.state.value.keeping).toBe("conflict");
    expect(desk.content.drawings.map(({ id }) => id)).toEqual(["one"]);
    await other.takeTheirs();
    expect(other.drawings.map(({ id }) => id)).toEqual(["one"]);
    one.put(drawing("more"));
    await one.flush();
    other.put(drawing("mine"));
    await other.flush();
    await other.keepMine();
    expect([other.state.value.keeping, desk.content.drawings.map(({ id }) => id)]).toEqual(["kept", ["one", "mine"]]);
  });

  it("tries again when the desk was away, and not when it refuses", async () => {
    const desk = new FakeLayouts();
    const book = open(desk);
    desk.fault = new Problem({ code: "database.unavailable", detail: "", correlationId: "", status: 503 });
    book.put(drawing("a"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect([book.state.value.keeping, book.state.value.problem?.code]).toEqual(["unkept", "database.unavailable"]);
    desk.fault = null;
    await vi.advanceTimersByTimeAsync(6_000);
    expect([book.state.value.keeping, desk.version]).toEqual(["kept", 1]);
    desk.fault = new Problem({ code: "charts.layout_too_large", detail: "", correlationId: "", status: 413 });
    book.rename("Bigger");
    await vi.advanceTimersByTimeAsync(20_000);
    expect([book.state.value.keeping, desk.puts]).toEqual(["refused", 3]);
    book.close();
  });

  it("goes back and forth through every step", () => {
    const step = fc.oneof(
      fc.record({ does: fc.constant("put" as const), id: fc.constantFrom("a", "b", "c"), price: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ does: fc.constant("remove" as const), id: fc.constantFrom("a", "b", "c"), price: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const book = open(new FakeLayouts());
        const seen = [book.drawings];
        for (const { does, id, price } of steps) {
          if (does === "put") book.put(drawing(id, price));
          else book.remove(id);
          if (seen.at(-1) !== book.drawings) seen.push(book.drawings);
        }
        for (const before of [...seen].reverse().slice(1)) {
          book.undo();
          expect(book.drawings).toEqual(before);
        }
        expect(book.state.value.canUndo).toBe(false);
        book.undo();
        for (const after of seen.slice(1)) {
          book.redo();
          expect(book.drawings).toEqual(after);
        }
        expect(book.state.value.canRedo).toBe(false);
        book.redo();
      }),
    );
  });
});
