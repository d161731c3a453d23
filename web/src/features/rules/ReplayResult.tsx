/** What a replay came to: figures beside buy and hold, the equity curve, the market with firings, every fill. */
import { useMemo } from "react";
import { EquityChart } from "@/charts/EquityChart";
import type { Mark } from "@/charts/marks";
import ReplayChart from "@/charts/ReplayChart";
import { Amount, Count, Instant, Percent, Value } from "@/core/Figures";
import type { Replay, ReplayFill } from "@/core/replay_contracts";
import { toPercent } from "@/shared/arithmetic";
import type { Decimal } from "@/shared/decimals";
import styles from "./rules.module.css";

const percent = (ratio: Decimal | null) => (ratio === null ? null : toPercent(ratio));

function Figures({ replay: { figures, hold, buy_and_hold } }: { readonly replay: Replay }) {
  return (
    <dl className={styles["figuresTable"]}>
      <div>
        <dt>Return</dt>
        <dd data-testid="replay-return">
          <Percent value={percent(figures.return_ratio)} signed />
        </dd>
      </div>
      <div>
        <dt>Held what there was</dt>
        <dd>
          <Percent value={percent(hold.return_ratio)} signed />
        </dd>
      </div>
      {buy_and_hold && (
        <div>
          <dt>Bought and held {buy_and_hold.instrument.split(":")[1]}</dt>
          <dd>
            <Percent value={percent(buy_and_hold.return_ratio)} signed />
          </dd>
        </div>
      )}
      <div>
        <dt>Deepest drawdown</dt>
        <dd>
          <Percent value={percent(figures.max_drawdown_ratio)} /> <span className={styles["dim"]}>(held {<Percent value={percent(hold.max_drawdown_ratio)} />})</span>
        </dd>
      </div>
      <div>
        <dt>Ended with</dt>
        <dd>
          <Value value={figures.end_value} unit />
        </dd>
      </div>
      <div>
        <dt>Firings, trades</dt>
        <dd>
          <Count value={figures.firings} />, <Count value={figures.trades} />
        </dd>
      </div>
      <div>
        <dt>Sales that gained</dt>
        <dd>
          <Percent value={percent(figures.win_ratio)} />
        </dd>
      </div>
      <div>
        <dt>Fees</dt>
        <dd>
          <Value value={figures.fees_paid} unit />
        </dd>
      </div>
    </dl>
  );
}

function Fills({ fills }: { readonly fills: readonly ReplayFill[] }) {
  return (
    <div className={styles["wide"]} tabIndex={0} role="region" aria-label="Fills">
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th>Filled</th>
            <th>Side</th>
            <th>Market</th>
            <th className={styles["number"]}>Quantity</th>
            <th className={styles["number"]}>Price</th>
            <th className={styles["number"]}>Gain</th>
          </tr>
        </thead>
        <tbody>
          {fills.map((fill, at) => (
            <tr key={at}>
              <td>
                <Instant at={fill.at} />
              </td>
              <td>{fill.side}</td>
              <td>{fill.instrument.split(":")[1]}</td>
              <td className={styles["number"]}>
                <Amount value={fill.quantity} places={5} />
              </td>
              <td className={styles["number"]}>
                <Amount value={fill.price} places={4} />
              </td>
              <td className={styles["number"]}>
                <Value value={fill.gain} signed why={fill.side === "buy" ? "A purchase" : "No cost was known"} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Fills and firings as marks on a market's bars. */
export function marksOf(replay: Replay, instrument: string): readonly Mark[] {
  const fills = replay.fills.filter((fill) => fill.instrument === instrument).map(({ at, side }): Mark => ({ atMs: Date.parse(at), text: side === "buy" ? "B" : "S" }));
  const firings = replay.firings.map(({ instant }): Mark => ({ atMs: Date.parse(instant), text: "F" }));
  return [...firings, ...fills];
}

export default function ReplayResult({ replay }: { readonly replay: Replay }) {
  const instrument = replay.fills[0]?.instrument ?? replay.buy_and_hold?.instrument;
  const marks = useMemo(() => marksOf(replay, instrument ?? ""), [replay, instrument]);
  const [fromMs, toMs] = [Date.parse(replay.from), Date.parse(replay.to)];
  return (
    <div className={styles["body"]} data-testid="replay-result">
      <Figures replay={replay} />
      <EquityChart equity={replay.equity} marks={replay.firings.map(({ instant }) => Date.parse(instant))} />
      {instrument && <ReplayChart key={`${instrument} ${fromMs} ${toMs}`} series={instrument} resolution={replay.resolution} fromMs={fromMs} toMs={toMs} marks={marks} />}
      {replay.fills.length > 0 && <Fills fills={replay.fills} />}
      {[...replay.notes, ...replay.fill_model.text].map((note) => (
        <p key={note} className={styles["dim"]}>
          {note}
        </p>
      ))}
      <p className={styles["dim"]}>
        <Count value={replay.bars} /> bars of {replay.resolution}, replayed in {Math.round(replay.took_ms)} ms.
      </p>
    </div>
  );
}
