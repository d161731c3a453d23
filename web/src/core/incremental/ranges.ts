/** How far prices range: Bollinger's bands and the average true range. */
import { Kept, type Mean, SimpleMean, WilderMean } from "@/core/incremental/means";
import type { OhlcvBar, RunningStudy, Step } from "@/core/incremental/running";

/** The mean of closes, and so many of their deviations above and below it. */
export class BollingerBands implements RunningStudy {
  readonly values = new Float64Array(3).fill(Number.NaN);
  readonly #mean: Mean;
  readonly #closes: Kept;
  readonly #period: number;
  readonly #above: number;
  readonly #below: number;

  constructor(period: number, above: number, below: number) {
    this.#mean = new SimpleMean(period);
    this.#closes = new Kept(period - 1);
    this.#period = period;
    this.#above = above;
    this.#below = below;
  }

  add({ close }: OhlcvBar): void {
    this.#tell(close, this.#mean.add(close));
    this.#closes.swap(close);
  }

  peek({ close }: OhlcvBar): void {
    this.#tell(close, this.#mean.peek(close));
  }

  #tell(close: number, mean: number): void {
    const deviation = Math.sqrt(this.#variance(close, mean));
    this.values[0] = mean + deviation * this.#above;
    this.values[1] = mean;
    this.values[2] = mean - deviation * this.#below;
  }

  /** Added up anew each time: running totals of squares would lose what matters where prices hardly move. */
  #variance(close: number, mean: number): number {
    let sum = (close - mean) ** 2;
    for (let age = 1; age < this.#period; age += 1) sum += (this.#closes.before(age) - mean) ** 2;
    return sum / this.#period;
  }
}

/** Wilder's mean of how far each bar ranges, the close before it included. */
export class AverageTrueRange implements RunningStudy {
  readonly values = new Float64Array(1).fill(Number.NaN);
  readonly #mean: Mean;
  #last = Number.NaN;

  constructor(period: number) {
    this.#mean = new WilderMean(period);
  }

  add(bar: OhlcvBar): void {
    this.#step(bar, "add");
    this.#last = bar.close;
  }

  peek(bar: OhlcvBar): void {
    this.#step(bar, "peek");
  }

  #step({ high, low }: OhlcvBar, step: Step): void {
    if (Number.isNaN(this.#last)) return;
    const range = Math.max(high - low, Math.abs(this.#last - high), Math.abs(this.#last - low));
    this.values[0] = this.#mean[step](range);
  }
}
