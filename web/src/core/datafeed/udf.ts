/** The desk's UDF endpoints, as typed calls. */
import * as z from "zod/mini";
import type * as contract from "@/core/datafeed/contract";

/** Sends a question to an endpoint; throws what says why there is no answer. */
export type Ask = <Answer>(path: string, query: Readonly<Record<string, string>>, answer: z.ZodMiniType<Answer>) => Promise<Answer>;

const named = z.object({ name: z.string(), value: z.string() });
const configuration = z.object({
  exchanges: z.array(z.extend(named, { desc: z.string() })),
  symbols_types: z.array(named),
  supported_resolutions: z.array(z.string()),
  supports_marks: z.boolean(),
  supports_timescale_marks: z.boolean(),
  supports_time: z.boolean(),
});
const failure = z.object({ s: z.literal("error"), errmsg: z.string() });
const symbol = z.object({
  name: z.string(),
  ticker: z.string(),
  description: z.string(),
  type: z.string(),
  session: z.string(),
  timezone: z.string(),
  exchange: z.string(),
  listed_exchange: z.string(),
  format: z.literal("price"),
  minmov: z.number(),
  minmov2: z.number(),
  pricescale: z.number(),
  pointvalue: z.number(),
  has_intraday: z.boolean(),
  has_daily: z.boolean(),
  has_weekly_and_monthly: z.boolean(),
  intraday_multipliers: z.array(z.string()),
  supported_resolutions: z.array(z.string()),
  visible_plots_set: z.enum(["ohlcv", "ohlc", "c"]),
  volume_precision: z.number(),
  currency_code: z.string(),
});
const found = z.object({ symbol: z.string(), full_name: z.string(), description: z.string(), exchange: z.string(), ticker: z.string(), type: z.string() });
const numbers = z.array(z.number());
const columns = z.object({ s: z.literal("ok"), t: numbers, o: numbers, h: numbers, l: numbers, c: numbers, v: numbers });
const nothing = z.object({ s: z.literal("no_data"), nextTime: z.optional(z.number()) });
const texts = z.array(z.string());
const marks = z.object({ id: texts, time: numbers, color: texts, text: texts, label: texts, labelFontColor: texts, minSize: numbers });
const timescale_mark = z.object({ id: z.string(), time: z.number(), color: z.string(), label: z.string(), tooltip: texts });
const quote = z.union([
  z.object({ s: z.literal("ok"), n: z.string(), v: z.record(z.string(), z.union([z.string(), z.number()])) }),
  z.object({ s: z.literal("error"), n: z.string(), v: z.record(z.string(), z.never()) }),
]);
const quotes = z.object({ s: z.literal("ok"), d: z.array(quote) });

/** Which bars; seconds since 1970. `countback` wins over `from`. */
export interface HistoryRange {
  readonly from: number;
  readonly to: number;
  readonly countback?: number;
}

export interface HistoryAnswer {
  readonly bars: readonly contract.LibraryBar[];
  readonly meta: contract.HistoryMetadata;
}

/** The desk answered that it can't answer this. */
export class UdfRefusal extends Error {}

export class Udf {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  config(): Promise<contract.DatafeedConfiguration> {
    return this.#ask("/config", {}, configuration);
  }

  search(query: string, exchange: string, type: string, limit: number): Promise<readonly contract.SearchResult[]> {
    return this.#ask("/search", { query, exchange, type, limit: limit.toString() }, z.array(found));
  }

  async symbol(name: string): Promise<contract.SymbolInfo> {
    return granted(await this.#ask("/symbols", { symbol: name }, z.union([symbol, failure])));
  }

  async history(name: string, resolution: string, { from, to, countback }: HistoryRange): Promise<HistoryAnswer> {
    const range = { from: from.toString(), to: to.toString(), ...(countback === undefined ? {} : { countback: countback.toString() }) };
    const answer = granted(await this.#ask("/history", { symbol: name, resolution, ...range }, z.union([columns, nothing, failure])));
    if (answer.s === "ok") return { bars: barsOf(answer), meta: { noData: false } };
    return { bars: [], meta: { noData: true, ...(answer.nextTime === undefined ? {} : { nextTime: answer.nextTime }) } };
  }

  async marks(name: string, resolution: string, from: number, to: number): Promise<readonly contract.Mark[]> {
    return marksOf(granted(await this.#ask("/marks", rangeOf(name, resolution, from, to), z.union([marks, failure]))));
  }

  async timescaleMarks(name: string, resolution: string, from: number, to: number): Promise<readonly contract.TimescaleMark[]> {
    return granted(await this.#ask("/timescale_marks", rangeOf(name, resolution, from, to), z.union([z.array(timescale_mark), failure])));
  }

  time(): Promise<number> {
    return this.#ask("/time", {}, z.number());
  }

  async quotes(names: readonly string[]): Promise<readonly contract.Quote[]> {
    return granted(await this.#ask("/quotes", { symbols: names.join(",") }, z.union([quotes, failure]))).d;
  }
}

const rangeOf = (symbol: string, resolution: string, from: number, to: number) => ({ symbol, resolution, from: Math.floor(from).toString(), to: Math.ceil(to).toString() });

function granted<Answer>(answer: Answer): Exclude<Answer, z.infer<typeof failure>> {
  const refused = failure.safeParse(answer);
  if (refused.success) throw new UdfRefusal(refused.data.errmsg);
  return answer as Exclude<Answer, z.infer<typeof failure>>;
}

function barsOf({ t, o, h, l, c, v }: z.infer<typeof columns>): readonly contract.LibraryBar[] {
  const at = (column: readonly number[], row: number) => column[row] ?? Number.NaN;
  return t.map((time, row) => ({ time: time * 1_000, open: at(o, row), high: at(h, row), low: at(l, row), close: at(c, row), volume: at(v, row) }));
}

function marksOf({ id, time, color, text, label, labelFontColor, minSize }: z.infer<typeof marks>): readonly contract.Mark[] {
  const at = (column: readonly string[], row: number) => column[row] ?? "";
  return id.map((name, row) => ({
    id: name,
    time: time[row] ?? 0,
    color: at(color, row),
    text: at(text, row),
    label: at(label, row),
    labelFontColor: at(labelFontColor, row),
    minSize: minSize[row] ?? 0,
  }));
}
