/** Studies that go on bar by bar: a bar that closes moves them on, a bar that forms is only looked at. */
import type { Mean } from "@/core/incremental/means";

export interface OhlcvBar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume?: number;
}

/** What is done with a number: kept, or only looked at. */
export type Step = "add" | "peek";

export interface RunningStudy {
  /** What each of its lines is worth with the last bar that it was told; NaN where there is no value yet. */
  readonly values: Float64Array;
  add(bar: OhlcvBar): void;
  peek(bar: OhlcvBar): void;
}

export type MakeStudy = () => RunningStudy;

/** A mean of closes. */
export class MeanOfCloses implements RunningStudy {
  readonly values = new Float64Array(1).fill(Number.NaN);
  readonly #mean: Mean;

  constructor(mean: Mean) {
    this.#mean = mean;
  }

  add({ close }: OhlcvBar): void {
    this.values[0] = this.#mean.add(close);
  }

  peek({ close }: OhlcvBar): void {
    this.values[0] = this.#mean.peek(close);
  }
}
