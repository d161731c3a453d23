/** What is drawn on a chart beside its bars; and values of what only the desk computes, asked of it as bars come. */
import type { TimedBar } from "@/core/incremental/own_values";
import type { HistoryRange, Indicator, IndicatorHistory } from "@/core/indicators";
import { type Problem, problemOf } from "@/core/problems";

/** `over` the bars, on their scale, or in a pane of its own `under` them. */
export type Place = "over" | "under";

/** In its text `series` and `resolution` mean those of the chart. */
export interface Study {
  readonly place: Place;
  readonly text: string;
}

export interface StudyLine {
  readonly expression: string;
  readonly name: string;
  readonly style: "line" | "dashed" | "histogram";
}

const CALL = /^([A-Za-z][A-Za-z0-9_]*)\((.*)\)$/s;

/** Whether the text is one call, whose last parenthesis closes the first. */
function callOf(text: string): readonly [string, string] | null {
  const [, name, inner] = CALL.exec(text.trim()) ?? [];
  if (name === undefined || inner === undefined) return null;
  let depth = 0;
  for (const sign of inner) {
    if (sign === "(") depth += 1;
    if (sign === ")") depth -= 1;
    if (depth < 0) return null;
  }
  return [name, inner];
}

/** The lines of a study: every output of a function, or the one figure that an expression is. */
export function linesOf({ text }: Study, functions: readonly Indicator[]): readonly StudyLine[] {
  const call = callOf(text);
  const known = call && functions.find(({ name }) => name === call[0].toUpperCase());
  if (!known) return [{ expression: text, name: titleOf(text), style: "line" }];
  const isOne = known.outputs.length === 1;
  return known.outputs.map(({ name, style }) => ({
    expression: isOne ? text : `${text.trim()}.${name}`,
    name: isOne ? titleOf(text) : name,
    style,
  }));
}

/** A study's text as one reads it: without what the chart says already. */
export function titleOf(text: string): string {
  return text
    .replace(/\bseries\s*,\s*resolution\s*,?\s*/g, "")
    .replace(/\(\)/g, "")
    .trim();
}

/** Studies as they stand in the address. */
export function studiesIn(search: URLSearchParams): readonly Study[] {
  const places: readonly Place[] = ["over", "under"];
  return places.flatMap((place) => search.getAll(place).map((text) => ({ place, text })));
}

export function withStudies(search: URLSearchParams, studies: readonly Study[]): URLSearchParams {
  const next = new URLSearchParams(search);
  next.delete("over");
  next.delete("under");
  for (const { place, text } of studies) next.append(place, text);
  return next;
}

/** Values by the start of their bar: one for each expression. */
export type StudyValues = ReadonlyMap<number, readonly (number | null)[]>;

export type ReadHistory = (expressions: readonly string[], range: HistoryRange, signal: AbortSignal) => Promise<IndicatorHistory>;

interface FeedOptions {
  readonly series: string;
  readonly resolution: string;
  readonly expressions: readonly string[];
  readonly read: ReadHistory;
  /** What the chart shows now, oldest first. */
  readonly bars: () => readonly TimedBar[];
  /** Told all values, and of which bars they are new. */
  readonly onValues: (values: StudyValues, changed: readonly number[]) => void;
  /** Null when the last request succeeded. */
  readonly onProblem: (problem: Problem | null) => void;
}

const BARS_MOST = 5_000;
const LIVE_MS = 2_000;
const RETRY_MS = 5_000;

/**
 * Keeps the values of one chart's studies. Older bars are asked for as they are scrolled to, the newest again when one
 * closes, and the one that forms every other second: the desk computes all of them by one engine.
 */
export class StudyFeed {
  readonly #options: FeedOptions;
  readonly #values = new Map<number, readonly (number | null)[]>();
  readonly #stopped = new AbortController();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #told = "";
  #isAsking = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Call it whenever bars came or changed. */
  changed(): void {
    if (!this.#isAsking && !this.#stopped.signal.aborted) void this.#ask();
  }

  stop(): void {
    this.#stopped.abort();
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    const wanted = this.#wanted();
    if (!wanted) return;
    this.#isAsking = true;
    const { read, expressions, onProblem, onValues } = this.#options;
    let waitMs = LIVE_MS;
    try {
      const { starts, items } = await read(expressions, wanted.range, this.#stopped.signal);
      starts.forEach((start, at) => this.#values.set(start, items.map(({ values }) => values[at] ?? null)));
      wanted.done();
      onProblem(null);
      onValues(this.#values, starts);
    } catch (thrown) {
      if (this.#stopped.signal.aborted) return;
      const problem = problemOf(thrown);
      onProblem(problem);
      if (!problem.isOutage) return this.stop(); // it would be refused again
      waitMs = RETRY_MS;
    }
    this.#rest(waitMs);
  }

  /** Bars that are scrolled to don't wait; what is live does. */
  #rest(waitMs: number): void {
    const go = () => {
      this.#timer = null;
      this.#isAsking = false;
      this.changed();
    };
    if (waitMs === LIVE_MS && this.#isOlderWanted()) go();
    else this.#timer = setTimeout(go, waitMs);
  }

  #isOlderWanted(): boolean {
    return (this.#options.bars()[0]?.timestamp ?? Number.POSITIVE_INFINITY) < this.#first;
  }

  #wanted(): { readonly range: HistoryRange; readonly done: () => void } | null {
    const bars = this.#options.bars();
    const newest = bars.at(-1);
    if (!newest) return null;
    const { series, resolution } = this.#options;
    if (this.#first !== Number.POSITIVE_INFINITY && this.#isOlderWanted()) {
      const before = bars.filter(({ timestamp }) => timestamp < this.#first).slice(-BARS_MOST);
      const from = before[0]?.timestamp ?? this.#first;
      return { range: { series, resolution, from, to: this.#first }, done: () => (this.#first = from) };
    }
    const { timestamp, open, high, low, close, volume = 0 } = newest;
    const forming = [timestamp, open, high, low, close, volume].join(",");
    if (forming === this.#told) return null;
    const from = this.#last === Number.NEGATIVE_INFINITY ? (bars.at(-BARS_MOST) ?? bars[0] ?? newest).timestamp : this.#last;
    return {
      range: { series, resolution, from, forming },
      done: () => {
        this.#first = Math.min(this.#first, from);
        this.#last = timestamp;
        this.#told = forming;
      },
    };
  }
}
