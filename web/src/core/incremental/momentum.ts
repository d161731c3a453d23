/** Relative strength, convergence of two means, stochastic. */
import { ExponentialMean, type Mean, WilderMean } from "@/core/incremental/means";
import type { OhlcvBar, RunningStudy, Step } from "@/core/incremental/running";

/** What TA-Lib takes for nothing. */
const TINY = 1e-14;

/** How much of all movement went up, in percent. */
export class RelativeStrength implements RunningStudy {
  readonly values = new Float64Array(1).fill(Number.NaN);
  readonly #gains: Mean;
  readonly #losses: Mean;
  #last = Number.NaN;

  constructor(period: number) {
    this.#gains = new WilderMean(period);
    this.#losses = new WilderMean(period);
  }

  add(bar: OhlcvBar): void {
    this.#step(bar, "add");
    this.#last = bar.close;
  }

  peek(bar: OhlcvBar): void {
    this.#step(bar, "peek");
  }

  #step({ close }: OhlcvBar, step: Step): void {
    if (Number.isNaN(this.#last)) return;
    const change = close - this.#last;
    const gain = this.#gains[step](Math.max(change, 0));
    const both = gain + this.#losses[step](Math.max(-change, 0));
    this.values[0] = Math.abs(both) < TINY ? 0 : 100 * (gain / both);
  }
}

/** The difference of two exponential means, its own mean, and how far it is from that. */
export class MeanConvergence implements RunningStudy {
  readonly values = new Float64Array(3).fill(Number.NaN);
  readonly #fast: Mean;
  readonly #slow: Mean;
  readonly #signal: Mean;
  /** So many closes come before the fast mean begins: its first value stands where the slow one's does. */
  #before: number;

  constructor(one: number, other: number, signal: number) {
    this.#before = Math.abs(one - other);
    this.#fast = new ExponentialMean(Math.min(one, other));
    this.#slow = new ExponentialMean(Math.max(one, other));
    this.#signal = new ExponentialMean(signal);
  }

  add(bar: OhlcvBar): void {
    this.#step(bar, "add");
    if (this.#before > 0) this.#before -= 1;
  }

  peek(bar: OhlcvBar): void {
    this.#step(bar, "peek");
  }

  #step({ close }: OhlcvBar, step: Step): void {
    const slow = this.#slow[step](close);
    const difference = this.#before > 0 ? Number.NaN : this.#fast[step](close) - slow;
    if (Number.isNaN(difference)) return;
    const signal = this.#signal[step](difference);
    if (Number.isNaN(signal)) return;
    this.values[0] = difference;
    this.values[1] = signal;
    this.values[2] = difference - signal;
  }
}

/** Where the close stands within the range of the last bars, in percent, as two means of it. */
export class Stochastic implements RunningStudy {
  readonly values = new Float64Array(2).fill(Number.NaN);
  readonly #period: number;
  readonly #slow: Mean;
  readonly #slower: Mean;
  readonly #highs: Float64Array;
  readonly #lows: Float64Array;
  #seen = 0;

  constructor(period: number, slow: Mean, slower: Mean) {
    this.#period = period;
    this.#slow = slow;
    this.#slower = slower;
    this.#highs = new Float64Array(Math.max(period - 1, 1)).fill(Number.NEGATIVE_INFINITY);
    this.#lows = new Float64Array(Math.max(period - 1, 1)).fill(Number.POSITIVE_INFINITY);
  }

  add(bar: OhlcvBar): void {
    this.#step(bar, "add");
    const at = this.#seen % this.#highs.length;
    this.#seen += 1;
    if (this.#period === 1) return;
    this.#highs[at] = bar.high;
    this.#lows[at] = bar.low;
  }

  peek(bar: OhlcvBar): void {
    this.#step(bar, "peek");
  }

  #step(bar: OhlcvBar, step: Step): void {
    if (this.#seen < this.#period - 1) return;
    const slow = this.#slow[step](this.#place(bar));
    const slower = Number.isNaN(slow) ? Number.NaN : this.#slower[step](slow);
    if (Number.isNaN(slower)) return;
    this.values[0] = slow;
    this.values[1] = slower;
  }

  #place({ high, low, close }: OhlcvBar): number {
    let [highest, lowest] = [high, low];
    for (let at = 0; at < this.#highs.length; at += 1) {
      highest = Math.max(highest, this.#highs[at] ?? highest);
      lowest = Math.min(lowest, this.#lows[at] ?? lowest);
    }
    const hundredth = (highest - lowest) / 100;
    return hundredth === 0 ? 0 : (close - lowest) / hundredth;
  }
}
