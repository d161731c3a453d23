/** What a running strategy came to: its fills on the market's chart, value, gains, and how many sales gained. */
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from "react";
import { EquityChart } from "@/charts/EquityChart";
import { fitting } from "@/charts/fitting";
import type { Mark } from "@/charts/marks";
import type { Bar } from "@/core/contracts";
import { Amount, Count, Instant, Percent } from "@/core/Figures";
import { AnsweredAge } from "@/core/Freshness";
import { problemIn, valueOf } from "@/core/resources";
import type { RuleSet } from "@/core/rules_contracts";
import { useServices } from "@/core/services";
import { curveOf, type Result } from "@/features/rules/results";
import { ENTRIES_MOST, resultsKey, useResults } from "@/features/rules/running";
import { multiply, percentOf } from "@/shared/arithmetic";
import { add, type Decimal, decimal, isDecimal, negate, sign, sum } from "@/shared/decimals";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./rules.module.css";

const ReplayChart = lazy(() => import("@/charts/ReplayChart"));

const NAMES = { value: "put in and won", mark: "filled" };
const DAY_MS = 86_400_000;
/** Bars before the first fill, so that one sees where it stands. */
const LEAD = 0.1;
/** A minute's bars are kept current. */
const STEP_MS = 60_000;

/** The span of the chart: from a little before the first fill until a little after the last, at least a day. */
export function spanOf({ fills }: Pick<Result, "fills">): readonly [number, number] {
  const instants = fills.map(({ at }) => Date.parse(at));
  const [first, last] = [Math.min(...instants), Math.max(...instants)];
  const margin = Math.max((last - first) * LEAD, DAY_MS / 2);
  return [Math.floor((first - margin) / STEP_MS) * STEP_MS, Math.ceil((last + margin) / STEP_MS) * STEP_MS];
}

function useBars(instrument: string, [fromMs, toMs]: readonly [number, number]): readonly Bar[] {
  const { desk } = useServices();
  const [bars, setBars] = useState<readonly Bar[]>([]);
  const [resolution] = fitting("1m", toMs - fromMs);
  useEffect(() => {
    const stop = new AbortController();
    desk.candles({ series: instrument, resolution, from: fromMs, to: toMs, limit: 1_000 }, stop.signal).then(
      ({ items }) => setBars(items),
      () => undefined, // the chart beside it says why
    );
    return () => stop.abort();
  }, [desk, instrument, resolution, fromMs, toMs]);
  return bars;
}

function Figures({ result, price }: { readonly result: Result; readonly price: Decimal | null }) {
  const { quoteAsset, realised, position, cost, capital, sales, wins, fills } = result;
  const open = price === null || sign(position) === 0 ? null : add(multiply(position, price), negate(cost));
  const gained = percentOf(add(realised, open ?? decimal("0")), capital);
  const figure = (name: string, shown: ReactNode, id?: string) => (
    <div>
      <dt>{name}</dt>
      <dd data-testid={id}>{shown}</dd>
    </div>
  );
  if (sign(capital) <= 0) {
    return (
      <dl className={styles["figuresTable"]}>
        {figure("Brought", <Amount value={sum(fills.map(({ quote }) => quote))} asset={quoteAsset} places={2} />)}
        {figure("Fills", <Count value={fills.length} />)}
      </dl>
    );
  }
  return (
    <dl className={styles["figuresTable"]}>
      {figure("Gain on what was put in", <Percent value={gained} signed />, "running-return")}
      {figure("Realised", <Amount value={sales === 0 ? null : realised} asset={quoteAsset} places={2} signed why="It sold nothing yet that it bought" />, "running-realised")}
      {figure("Of what it holds", <Amount value={open} asset={quoteAsset} places={2} signed why="It holds nothing of its own" />)}
      {figure("Sales that gained", <Percent value={sales === 0 ? null : percentOf(decimal(String(wins)), decimal(String(sales)))} />, "running-wins")}
      {figure("Fills", <Count value={fills.length} />)}
      {figure("Most put in", <Amount value={capital} asset={quoteAsset} places={2} />)}
    </dl>
  );
}

function Fills({ result: { fills, quoteAsset, instrument } }: { readonly result: Result }) {
  const base = instrument.slice(instrument.indexOf(":") + 1).split("/")[0] ?? "";
  return (
    <div className={styles["wide"]} tabIndex={0} role="region" aria-label={`Fills on ${instrument}`}>
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th>Filled</th>
            <th>Side</th>
            <th className={styles["number"]}>Quantity</th>
            <th className={styles["number"]}>For</th>
            <th className={styles["number"]}>Gain</th>
          </tr>
        </thead>
        <tbody>
          {fills.toReversed().map((fill) => (
            <tr key={fill.entryId}>
              <td>
                <Instant at={fill.at} />
              </td>
              <td>{fill.side}</td>
              <td className={styles["number"]}>
                <Amount value={fill.base} asset={base} />
              </td>
              <td className={styles["number"]}>
                <Amount value={fill.quote} asset={quoteAsset} places={2} />
              </td>
              <td className={styles["number"]}>
                <Amount value={fill.gain} asset={quoteAsset} places={2} signed why={fill.side === "buy" ? "A purchase" : "The strategy did not buy it"} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Market({ result }: { readonly result: Result }) {
  const span = useMemo(() => spanOf(result), [result]);
  const [fromMs, toMs] = span;
  const bars = useBars(result.instrument, span);
  const marks = useMemo(() => result.fills.map(({ at, side }): Mark => ({ atMs: Date.parse(at), text: side === "buy" ? "B" : "S" })), [result]);
  const curve = useMemo(() => curveOf(result, bars), [result, bars]);
  const close = bars.at(-1)?.[4];
  const fees = result.otherFees;
  return (
    <section className={styles["body"]} aria-label={result.instrument} data-testid="running-result">
      <h3>{result.instrument.slice(result.instrument.indexOf(":") + 1)}</h3>
      <Figures result={result} price={close !== undefined && isDecimal(String(close)) ? decimal(String(close)) : null} />
      {sign(result.capital) > 0 && <EquityChart equity={curve} marks={marks.map(({ atMs }) => atMs)} names={NAMES} />}
      <Suspense fallback={<TableSkeleton rows={4} columns={4} />}>
        <ReplayChart key={`${fromMs} ${toMs}`} series={result.instrument} resolution="1m" fromMs={fromMs} toMs={toMs} marks={marks} />
      </Suspense>
      <Fills result={result} />
      <p className={styles["dim"]}>
        {sign(result.capital) > 0 ? "By average cost of what it bought itself" : "It sold what it did not buy, so no gain is known here: the ledger and taxes know it"}, fees in {result.quoteAsset} and in the asset counted in
        {fees.length > 0 && (
          <>
            ; besides{" "}
            {fees.map(({ asset, amount }) => (
              <Amount key={asset} value={amount} asset={asset} />
            ))}{" "}
            of fees
          </>
        )}
        . Of the newest {ENTRIES_MOST} fills on this market.
      </p>
    </section>
  );
}

export function RunningResult({ ruleSets, title = "What it did" }: { readonly ruleSets: readonly RuleSet[]; readonly title?: string }) {
  const { resource, reload } = useResults(ruleSets);
  const results = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  return (
    <Panel title={title} testId="running">
      {!results && (problem ? <Failure fault={problem} title="Its results could not be shown" onRetry={again} /> : <TableSkeleton rows={5} columns={4} />)}
      {results && problem && <StaleNote fault={problem} age={<AnsweredAge resourceKey={resultsKey(ruleSets)} />} onRetry={again} />}
      {results?.length === 0 && <Empty title="No fill came of it yet">Each fill of its orders stands here and on the market&apos;s chart, with what it gained.</Empty>}
      <div className={problem ? "quiet" : ""}>
        {results?.map((result) => (
          <Market key={result.instrument} result={result} />
        ))}
      </div>
    </Panel>
  );
}
