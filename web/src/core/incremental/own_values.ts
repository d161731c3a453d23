/** Values of studies at bars that follow each other, era by era as the desk computes them. */
import { type BarIndex, WARM_UP_BARS } from "@/core/incremental/bar_index";
import type { MakeStudy, OhlcvBar, RunningStudy } from "@/core/incremental/running";

export interface TimedBar extends OhlcvBar {
  readonly timestamp: number;
}

const ROOM = 1_024;

/** A bar in which nothing was traded: the desk takes bars that are missing for such ones. */
const quiet = ({ close }: OhlcvBar): OhlcvBar => ({ open: close, high: close, low: close, close, volume: 0 });

export class OwnValues {
  readonly #index: BarIndex;
  readonly #makers: readonly MakeStudy[];
  readonly #lines: number;
  #bars: OhlcvBar[] = [];
  /** Index of the first bar, and from which index on nothing is missing. */
  #first = 0;
  #knownFrom = 0;
  #running: RunningStudy[] = [];
  #turn = 0;
  #isTold = false;
  /** By line: a value for each bar, then that of the bar that forms. */
  #columns: Float64Array[] = [];

  constructor(index: BarIndex, makers: readonly MakeStudy[]) {
    this.#index = index;
    this.#makers = makers;
    this.#lines = makers.reduce((sum, make) => sum + make().values.length, 0);
  }

  /** Computes all anew from bars that closed, oldest first; every bar from index `knownFrom` on is among them. */
  begin(closed: readonly TimedBar[], knownFrom: number): void {
    this.#bars = [];
    this.#knownFrom = knownFrom;
    this.#first = this.#index.at(closed[0]?.timestamp ?? 0);
    this.#makeRoom(closed.length + ROOM);
    this.#turn = Number.NEGATIVE_INFINITY;
    for (const bar of closed) this.add(bar);
  }

  /** Moves on by a bar that closed. */
  add(bar: TimedBar): void {
    const index = this.#index.at(bar.timestamp);
    if (this.#bars.length === 0) this.#first = index;
    this.#quietUntil(index);
    if (index === this.#end) this.#push(bar);
  }

  /** Looks at a bar that forms. */
  peek(bar: TimedBar): void {
    const index = this.#index.at(bar.timestamp);
    if (this.#bars.length === 0) this.#first = index;
    this.#quietUntil(index);
    if (index !== this.#end) return;
    if (index >= this.#turn) this.#enterEra(index);
    for (const study of this.#running) study.peek(bar);
    this.#note();
  }

  /** What a line is worth at the bar that begins then; NaN where it has no value, or it is not known. */
  at(line: number, startMs: number): number {
    const place = this.#index.at(startMs) - this.#first;
    return place <= this.#bars.length ? (this.#columns[line]?.[place] ?? Number.NaN) : Number.NaN;
  }

  get #end(): number {
    return this.#first + this.#bars.length;
  }

  #quietUntil(index: number): void {
    for (let last = this.#bars.at(-1); last && this.#end < index; ) this.#push(quiet(last));
  }

  #push(bar: OhlcvBar): void {
    if (this.#end >= this.#turn) this.#enterEra(this.#end);
    for (const study of this.#running) study.add(bar);
    this.#note();
    this.#bars.push(bar);
  }

  /** Begins an era's studies with the bars that warm them up. */
  #enterEra(index: number): void {
    const era = this.#index.eraOf(index);
    this.#turn = this.#index.nextEra(index);
    this.#isTold = this.#knownFrom <= era - WARM_UP_BARS;
    this.#running = this.#makers.map((make) => make());
    const warming = this.#bars.slice(Math.max(0, era - WARM_UP_BARS - this.#first));
    for (const study of this.#running) for (const bar of warming) study.add(bar);
  }

  #note(): void {
    const place = this.#bars.length;
    if (place >= (this.#columns[0]?.length ?? 0)) this.#makeRoom(place * 2);
    let line = 0;
    for (const { values } of this.#running) {
      for (const value of values) {
        const column = this.#columns[line];
        if (column) column[place] = this.#isTold ? value : Number.NaN;
        line += 1;
      }
    }
  }

  #makeRoom(count: number): void {
    this.#columns = Array.from({ length: this.#lines }, (_, line) => {
      const column = new Float64Array(count);
      if (this.#bars.length > 0) column.set(this.#columns[line] ?? []);
      return column;
    });
  }
}
