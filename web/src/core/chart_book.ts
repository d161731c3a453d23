/** One layout while it is open: what is on it, steps back and forth, and that it is kept. */
import type { Drawing, Layout, LayoutContent } from "@/core/chart_contracts";
import type { ChartDesk } from "@/core/chart_desk";
import { type Problem, problemOf } from "@/core/problems";
import { Store } from "@/core/stores";

/** Everybody has this one without making it; ids are each user's own. */
export const MAIN_LAYOUT = "00000000-0000-4000-8000-000000000001";
export const MAIN_NAME = "Main";

const KEEP_AFTER_MS = 700;
const RETRY_MS = 5_000;
const STEPS_MOST = 100;

export type Keeping = "kept" | "keeping" | "unkept" | "conflict" | "refused";

export interface BookState {
  readonly name: string;
  readonly content: LayoutContent;
  readonly keeping: Keeping;
  readonly problem: Problem | null;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

export const emptyContent = (series: string, resolution: string): LayoutContent => ({
  v: 1,
  series,
  resolution,
  range: null,
  studies: [],
  drawings: [],
  points: [],
  fills: true,
  orders: true,
  magnet: "off",
});

/** Undoes drawings only: series, resolution and studies stand in the address, whose steps the browser knows. */
export class ChartBook {
  readonly id: string;
  readonly state: Store<BookState>;
  readonly #desk: Pick<ChartDesk, "putLayout" | "layout">;
  #version: number;
  #past: (readonly Drawing[])[] = [];
  #future: (readonly Drawing[])[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #sending: Promise<void> | null = null;
  #isOver = false;

  constructor(desk: Pick<ChartDesk, "putLayout" | "layout">, id: string, known: Pick<Layout, "name" | "version"> & { readonly content: LayoutContent }) {
    this.#desk = desk;
    this.id = id;
    this.#version = known.version;
    this.state = new Store<BookState>({ name: known.name, content: known.content, keeping: "kept", problem: null, canUndo: false, canRedo: false });
  }

  get drawings(): readonly Drawing[] {
    return this.state.value.content.drawings;
  }

  /** Changes what is no drawing. */
  change(part: Partial<Omit<LayoutContent, "drawings">>): void {
    const { content } = this.state.value;
    const isSame = Object.entries(part).every(([name, value]) => JSON.stringify(value) === JSON.stringify(content[name as keyof LayoutContent]));
    if (!isSame) this.#edit({ content: { ...content, ...part } });
  }

  rename(name: string): void {
    this.#edit({ name });
  }

  /** Changes drawings; it can be undone. */
  draw(drawings: readonly Drawing[]): void {
    this.#past = [...this.#past.slice(1 - STEPS_MOST), this.drawings];
    this.#future = [];
    this.#redraw(drawings);
  }

  put(drawing: Drawing): void {
    const isKnown = this.drawings.some(({ id }) => id === drawing.id);
    this.draw(isKnown ? this.drawings.map((each) => (each.id === drawing.id ? drawing : each)) : [...this.drawings, drawing]);
  }

  remove(id: string): void {
    if (this.drawings.some((each) => each.id === id)) this.draw(this.drawings.filter((each) => each.id !== id));
  }

  undo(): void {
    const before = this.#past.pop();
    if (!before) return;
    this.#future.push(this.drawings);
    this.#redraw(before);
  }

  redo(): void {
    const after = this.#future.pop();
    if (!after) return;
    this.#past.push(this.drawings);
    this.#redraw(after);
  }

  /** Keeps at once what waits to be kept. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.state.value.keeping === "unkept") await this.#keep();
    else await this.#sending;
  }

  /** After a conflict: what is here takes the place of what somebody else kept. */
  async keepMine(): Promise<void> {
    this.#version = (await this.#desk.layout(this.id)).version;
    this.#tell({ keeping: "unkept", problem: null });
    await this.#keep();
  }

  /** After a conflict: what somebody else kept takes the place of what is here. */
  async takeTheirs(): Promise<LayoutContent> {
    const { version, content, name } = await this.#desk.layout(this.id);
    this.#version = version;
    this.#past = [];
    this.#future = [];
    this.#tell({ name, content, keeping: "kept", problem: null, canUndo: false, canRedo: false });
    return content;
  }

  close(): void {
    void this.flush();
    this.#isOver = true;
  }

  #redraw(drawings: readonly Drawing[]): void {
    this.#edit({ content: { ...this.state.value.content, drawings }, canUndo: this.#past.length > 0, canRedo: this.#future.length > 0 });
  }

  #edit(part: Partial<BookState>): void {
    const isConflict = this.state.value.keeping === "conflict";
    this.#tell({ ...part, keeping: isConflict ? "conflict" : "unkept" });
    if (!isConflict) this.#later(KEEP_AFTER_MS);
  }

  #later(waitMs: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#keep(), waitMs);
  }

  /** One request at a time, so that ours never meet one another as conflicts. */
  async #keep(): Promise<void> {
    while (this.#sending) await this.#sending;
    if (this.state.value.keeping !== "unkept") return;
    this.#sending = this.#send().finally(() => (this.#sending = null));
    await this.#sending;
  }

  async #send(): Promise<void> {
    const { name, content } = this.state.value;
    this.#tell({ keeping: "keeping" });
    try {
      this.#version = (await this.#desk.putLayout(this.id, { name, content, replaces: this.#version })).version;
      if (this.state.value.keeping === "keeping") this.#tell({ keeping: "kept", problem: null });
    } catch (thrown) {
      this.#failed(problemOf(thrown));
    }
  }

  #failed(problem: Problem): void {
    if (problem.isOutage) {
      this.#tell({ keeping: "unkept", problem });
      if (!this.#isOver) this.#later(RETRY_MS);
    } else this.#tell({ keeping: problem.code === "charts.layout_changed" ? "conflict" : "refused", problem });
  }

  #tell(part: Partial<BookState>): void {
    this.state.set({ ...this.state.value, ...part });
  }
}
