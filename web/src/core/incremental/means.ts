/** Means over numbers that come one by one, with the steps that TA-Lib takes; NaN until there are enough. */

export interface Mean {
  /** The mean with one number more, which is not kept. */
  peek(value: number): number;
  /** Keeps the number and tells the mean with it. */
  add(value: number): number;
}

/** The last numbers, so many at most. */
export class Kept {
  readonly #numbers: Float64Array;
  #next = 0;

  constructor(count: number) {
    this.#numbers = new Float64Array(count);
  }

  /** Keeps a number in the place of the one that was kept `count` numbers before it, and returns that one. */
  swap(value: number): number {
    if (this.#numbers.length === 0) return value;
    const oldest = this.#numbers[this.#next] ?? 0;
    this.#numbers[this.#next] = value;
    this.#next = (this.#next + 1) % this.#numbers.length;
    return oldest;
  }

  /** The number that was kept so many numbers before the next one, 1 for the last. */
  before(age: number): number {
    const at = this.#next - age;
    return this.#numbers[at < 0 ? at + this.#numbers.length : at] ?? 0;
  }
}

export class SimpleMean implements Mean {
  readonly #period: number;
  readonly #kept: Kept;
  /** Of all numbers that the next mean is of, but the newest. */
  #total = 0;
  #seen = 0;

  constructor(period: number) {
    this.#period = period;
    this.#kept = new Kept(period - 1);
  }

  peek(value: number): number {
    return this.#seen < this.#period - 1 ? Number.NaN : (this.#total + value) / this.#period;
  }

  add(value: number): number {
    const mean = this.peek(value);
    const oldest = this.#kept.swap(value);
    this.#total += value;
    if (this.#seen < this.#period - 1) this.#seen += 1;
    else this.#total -= oldest;
    return mean;
  }
}

/** Begins with a simple mean; then every number pulls the mean some way. */
abstract class SeededMean implements Mean {
  readonly period: number;
  #total = 0;
  #mean = 0;
  #seen = 0;

  constructor(period: number) {
    this.period = period;
  }

  protected abstract moved(mean: number, value: number): number;

  peek(value: number): number {
    if (this.#seen < this.period - 1) return Number.NaN;
    return this.#seen === this.period - 1 ? (this.#total + value) / this.period : this.moved(this.#mean, value);
  }

  add(value: number): number {
    const mean = this.peek(value);
    if (this.#seen < this.period - 1) this.#total += value;
    if (this.#seen < this.period) this.#seen += 1;
    this.#mean = mean;
    return mean;
  }
}

export class ExponentialMean extends SeededMean {
  readonly #share: number;

  constructor(period: number) {
    super(period);
    this.#share = 2 / (period + 1);
  }

  protected moved(mean: number, value: number): number {
    return (value - mean) * this.#share + mean;
  }
}

/** Wilder's: every number counts one part of the period. */
export class WilderMean extends SeededMean {
  protected moved(mean: number, value: number): number {
    return (mean * (this.period - 1) + value) / this.period;
  }
}

/** The newest number counts as many times as the period is long, the oldest once; added up anew each time, so that nothing drifts. */
export class WeightedMean implements Mean {
  readonly #kept: Kept;
  readonly #period: number;
  readonly #divider: number;
  #seen = 0;

  constructor(period: number) {
    this.#period = period;
    this.#divider = (period * (period + 1)) / 2;
    this.#kept = new Kept(period - 1);
  }

  peek(value: number): number {
    if (this.#seen < this.#period - 1) return Number.NaN;
    let sum = value * this.#period;
    for (let age = 1; age < this.#period; age += 1) sum += this.#kept.before(age) * (this.#period - age);
    return sum / this.#divider;
  }

  add(value: number): number {
    const mean = this.peek(value);
    this.#kept.swap(value);
    this.#seen += 1;
    return mean;
  }
}
