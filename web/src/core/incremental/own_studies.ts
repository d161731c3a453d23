/** Keeps the studies that the page computes itself in step with a chart's bars: with every tick, and as one scrolls. */
import { BarIndex } from "@/core/incremental/bar_index";
import { OwnValues, type TimedBar } from "@/core/incremental/own_values";
import type { MakeStudy } from "@/core/incremental/running";
import { type Problem, problemOf } from "@/core/problems";

interface OwnStudiesOptions {
  readonly resolution: string;
  readonly makers: readonly MakeStudy[];
  /** What the chart shows now, oldest first; the last one forms. */
  readonly bars: () => readonly TimedBar[];
  /** Reads every stored bar of a span; from the very first on where it says null. */
  readonly read: (fromMs: number | null, untilMs: number, signal: AbortSignal) => Promise<readonly TimedBar[]>;
  /** Told when values of bars that closed are new: what follows the bar that forms draws itself anyway. */
  readonly onValues: () => void;
  /** Null when the last request succeeded. */
  readonly onProblem: (problem: Problem | null) => void;
}

const RETRY_MS = 5_000;

export class OwnStudies {
  readonly #options: OwnStudiesOptions;
  readonly #index: BarIndex;
  readonly #values: OwnValues;
  readonly #stopped = new AbortController();
  /** Bars before those that the chart shows: studies are warmed up with them. */
  #older: readonly TimedBar[] = [];
  #knownFrom = Number.POSITIVE_INFINITY;
  /** How many of the chart's bars are taken as closed, and where the first and the last of them begin. */
  #closed = 0;
  #firstStart = Number.NaN;
  #lastStart = Number.NaN;
  #isAsking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: OwnStudiesOptions) {
    this.#options = options;
    this.#index = new BarIndex(options.resolution);
    this.#values = new OwnValues(this.#index, options.makers);
  }

  /** What a line is worth at the bar that begins then; NaN where it is not known. */
  at(line: number, startMs: number): number {
    return this.#values.at(line, startMs);
  }

  /** Call it whenever bars came or changed; bars that closed long ago change rarely, and then it must be said. */
  changed(isCorrected = false): void {
    const bars = this.#options.bars();
    const newest = bars.at(-1);
    if (!newest || this.#stopped.signal.aborted) return;
    if (isCorrected || !this.#goesOn(bars)) this.#begin(bars);
    else this.#moveOn(bars);
    this.#values.peek(newest);
    void this.#ask(bars);
  }

  stop(): void {
    this.#stopped.abort();
    clearTimeout(this.#timer);
  }

  /** Whether the bars that were taken are still the first ones. */
  #goesOn(bars: readonly TimedBar[]): boolean {
    if (bars.length <= this.#closed || bars[0]?.timestamp !== this.#firstStart) return false;
    return this.#closed === 0 || bars[this.#closed - 1]?.timestamp === this.#lastStart;
  }

  #begin(bars: readonly TimedBar[]): void {
    const first = bars[0]?.timestamp ?? 0;
    this.#older = this.#older.filter(({ timestamp }) => timestamp < first);
    this.#knownFrom = Math.min(this.#knownFrom, this.#index.at(first));
    this.#values.begin([...this.#older, ...bars.slice(0, -1)], this.#knownFrom);
    this.#firstStart = first;
    this.#note(bars);
    this.#options.onValues();
  }

  #moveOn(bars: readonly TimedBar[]): void {
    if (this.#closed === bars.length - 1) return;
    for (const bar of bars.slice(this.#closed, -1)) this.#values.add(bar);
    this.#note(bars);
  }

  #note(bars: readonly TimedBar[]): void {
    this.#closed = bars.length - 1;
    this.#lastStart = bars.at(-2)?.timestamp ?? Number.NaN;
  }

  /** Reads the bars that the era of the first shown one needs before it. */
  async #ask(bars: readonly TimedBar[]): Promise<void> {
    const from = this.#index.firstNeeded(this.#index.at(bars[0]?.timestamp ?? 0));
    if (this.#isAsking || from >= this.#knownFrom) return;
    this.#isAsking = true;
    const { read, onProblem } = this.#options;
    try {
      const fromMs = Number.isFinite(from) ? this.#index.startOf(from) : null;
      const older = await read(fromMs, this.#index.startOf(this.#knownFrom), this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      this.#older = [...older, ...this.#older];
      this.#knownFrom = from;
      onProblem(null);
      this.#isAsking = false;
      this.changed(true);
    } catch (thrown) {
      this.#failed(problemOf(thrown));
    }
  }

  #failed(problem: Problem): void {
    if (this.#stopped.signal.aborted) return;
    this.#options.onProblem(problem);
    if (!problem.isOutage) return; // it would be refused again
    this.#timer = setTimeout(() => {
      this.#isAsking = false;
      this.changed();
    }, RETRY_MS);
  }
}
