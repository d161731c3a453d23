/** Which of the desk's functions the page computes by itself, and how a use of one is read. */
import { ExponentialMean, type Mean, SimpleMean, WeightedMean } from "@/core/incremental/means";
import { MeanConvergence, RelativeStrength, Stochastic } from "@/core/incremental/momentum";
import { AverageTrueRange, BollingerBands } from "@/core/incremental/ranges";
import { type MakeStudy, MeanOfCloses, type RunningStudy } from "@/core/incremental/running";
import { OnBalanceVolume, VolumeWeightedPrice } from "@/core/incremental/volumes";
import type { Indicator, IndicatorParameter } from "@/core/indicators";

/** By the numbers of the desk's kinds of means. */
const MEANS: readonly (new (period: number) => Mean)[] = [SimpleMean, ExponentialMean, WeightedMean];

function meanOf(kind: number, period: number): Mean | null {
  const made = MEANS[kind];
  return made ? new made(period) : null;
}

function stochastic([period = 5, slowPeriod = 3, slowKind = 0, slowerPeriod = 3, slowerKind = 0]: readonly number[]): RunningStudy | null {
  const [slow, slower] = [meanOf(slowKind, slowPeriod), meanOf(slowerKind, slowerPeriod)];
  return slow && slower && new Stochastic(period, slow, slower);
}

/** Each makes a study from its parameters; null where only the desk can. */
const OWN: Readonly<Record<string, (parameters: readonly number[]) => RunningStudy | null>> = {
  SMA: ([period = 30]) => new MeanOfCloses(new SimpleMean(period)),
  EMA: ([period = 30]) => new MeanOfCloses(new ExponentialMean(period)),
  WMA: ([period = 30]) => new MeanOfCloses(new WeightedMean(period)),
  RSI: ([period = 14]) => new RelativeStrength(period),
  MACD: ([fast = 12, slow = 26, signal = 9]) => new MeanConvergence(fast, slow, signal),
  BBANDS: ([period = 20, above = 2, below = 2, kind = 0]) => (kind === 0 ? new BollingerBands(period, above, below) : null),
  ATR: ([period = 14]) => new AverageTrueRange(period),
  STOCH: stochastic,
  OBV: () => new OnBalanceVolume(),
  VWAP: () => new VolumeWeightedPrice(),
};

const NUMBER = /^-?\d{1,9}(\.\d{1,9})?$/;

/** A parameter's value; null where it is none, or not written as a plain number. */
function numberOf(text: string, { choices, whole, lowest, highest }: IndicatorParameter): number | null {
  const choice = choices.indexOf(text.toUpperCase());
  if (choice >= 0) return choice;
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return value >= lowest && value <= highest && (!whole || Number.isInteger(value)) ? value : null;
}

function parametersOf(given: readonly string[], wanted: readonly IndicatorParameter[]): readonly number[] | null {
  if (given.length > wanted.length) return null;
  const numbers = wanted.map((parameter, at) => (given[at] === undefined ? parameter.default : numberOf(given[at], parameter)));
  return numbers.includes(null) ? null : (numbers as number[]);
}

/** How to make what a text says where the page computes that by itself; null where it leaves it to the desk. */
export function ownStudy(text: string, { series, resolution }: { readonly series: string; readonly resolution: string }, functions: readonly Indicator[]): MakeStudy | null {
  const [, name = "", inner = ""] = /^([A-Za-z]+)\(([^()]*)\)$/.exec(text.replace(/\s+/g, "")) ?? [];
  const make = OWN[name.toUpperCase()];
  const known = functions.find((each) => each.name === name.toUpperCase());
  const [of, at, ...given] = inner.split(",");
  if (!make || !known || (of !== "series" && of !== series) || (at !== "resolution" && at !== resolution)) return null;
  const parameters = parametersOf(given, known.parameters);
  const first = parameters && make(parameters);
  if (!parameters || first?.values.length !== known.outputs.length) return null;
  return () => make(parameters) ?? first;
}
