/** Studies of what was traded: running totals that begin with their first bar. */
import type { OhlcvBar, RunningStudy } from "@/core/incremental/running";

/** Volume added where the close rose, taken away where it fell. */
export class OnBalanceVolume implements RunningStudy {
  readonly values = new Float64Array(1).fill(Number.NaN);
  #total = 0;
  #last = Number.NaN;

  add(bar: OhlcvBar): void {
    this.#total = this.#with(bar);
    this.#last = bar.close;
    this.values[0] = this.#total;
  }

  peek(bar: OhlcvBar): void {
    this.values[0] = this.#with(bar);
  }

  #with({ close, volume = 0 }: OhlcvBar): number {
    if (Number.isNaN(this.#last)) return volume;
    return this.#total + (close > this.#last ? volume : close < this.#last ? -volume : 0);
  }
}

/** The mean of typical prices, each counted by its volume; nothing was traded: nothing. */
export class VolumeWeightedPrice implements RunningStudy {
  readonly values = new Float64Array(1).fill(Number.NaN);
  #paid = 0;
  #traded = 0;

  add(bar: OhlcvBar): void {
    this.peek(bar);
    this.#paid += paid(bar);
    this.#traded += bar.volume ?? 0;
  }

  peek(bar: OhlcvBar): void {
    const traded = this.#traded + (bar.volume ?? 0);
    this.values[0] = traded > 0 ? (this.#paid + paid(bar)) / traded : 0;
  }
}

const paid = ({ high, low, close, volume = 0 }: OhlcvBar): number => ((high + low + close) / 3) * volume;
