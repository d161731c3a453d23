/** Every combination that was tried, sorted by any figure; one of them can be chosen. */
import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Count, Percent, Value } from "@/core/Figures";
import type { ReplayFigures, Sweep } from "@/core/replay_contracts";
import { percentText } from "@/features/rules/spans";
import { toPercent } from "@/shared/arithmetic";
import { compare, type Decimal, decimal } from "@/shared/decimals";
import styles from "./rules.module.css";

type Parameters = Readonly<Record<string, string>>;
type Row = Sweep["rows"][number];

const percent = (ratio: Decimal | null) => (ratio === null ? null : toPercent(ratio));

interface Column {
  readonly name: string;
  readonly label: string;
  readonly figure: (figures: ReplayFigures) => Decimal | null;
  readonly draw: (figures: ReplayFigures) => ReactNode;
}

const COLUMNS: readonly Column[] = [
  { name: "return_ratio", label: "Return", figure: ({ return_ratio }) => return_ratio, draw: ({ return_ratio }) => <Percent value={percent(return_ratio)} signed /> },
  { name: "max_drawdown_ratio", label: "Drawdown", figure: ({ max_drawdown_ratio }) => max_drawdown_ratio, draw: ({ max_drawdown_ratio }) => <Percent value={percent(max_drawdown_ratio)} /> },
  { name: "end_value", label: "Ended with", figure: ({ end_value }) => end_value, draw: ({ end_value }) => <Value value={end_value} /> },
  { name: "win_ratio", label: "Gained", figure: ({ win_ratio }) => win_ratio, draw: ({ win_ratio }) => <Percent value={percent(win_ratio)} /> },
  { name: "trades", label: "Trades", figure: ({ trades }) => decimal(String(trades)), draw: ({ trades }) => <Count value={trades} /> },
  { name: "fees_paid", label: "Fees", figure: ({ fees_paid }) => fees_paid, draw: ({ fees_paid }) => <Value value={fees_paid} /> },
];

/** Less is better of these. */
const LEAST_FIRST: readonly string[] = ["max_drawdown_ratio", "fees_paid"];

export interface Sorting {
  readonly by: string;
  readonly isDown: boolean;
}

/** Rows by a column; what is not known comes last either way. */
export function sorted(rows: readonly Row[], { by, isDown }: Sorting): readonly Row[] {
  const column = COLUMNS.find(({ name }) => name === by);
  if (!column) return rows;
  return [...rows].sort((left, right) => {
    const [a, b] = [column.figure(left.figures), column.figure(right.figures)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return isDown ? compare(b, a) : compare(a, b);
  });
}

interface HeadProps {
  readonly column: Column;
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
}

function Head({ column: { name, label }, sorting, onSort }: HeadProps) {
  const isSorted = sorting.by === name;
  const next = { by: name, isDown: isSorted ? !sorting.isDown : !LEAST_FIRST.includes(name) };
  return (
    <th className={styles["number"]} aria-sort={isSorted ? (sorting.isDown ? "descending" : "ascending") : "none"}>
      <button type="button" className={styles["sort"]} onClick={() => onSort(next)}>
        {label}
        <span aria-hidden="true">{isSorted ? (sorting.isDown ? " ↓" : " ↑") : ""}</span>
      </button>
    </th>
  );
}

/** A parameter that was varied, as people read it. */
export interface Varied {
  readonly name: string;
  readonly label: string;
  /** Its values are ratios, shown as percent. */
  readonly isRatio: boolean;
}

const shownOf = ({ name, isRatio }: Varied, parameters: Parameters): string => (isRatio ? `${percentText(parameters[name] ?? "")} %` : (parameters[name] ?? ""));

interface SweepTableProps {
  readonly sweep: Sweep;
  readonly varied: readonly Varied[];
  readonly chosen: Parameters;
  readonly onChoose: (parameters: Parameters) => void;
}

export function SweepTable({ sweep, varied, chosen, onChoose }: SweepTableProps) {
  const [sorting, setSorting] = useState<Sorting>({ by: sweep.sort, isDown: !LEAST_FIRST.includes(sweep.sort) });
  return (
    <>
      <div className={styles["wide"]} tabIndex={0} role="region" aria-label="Combinations">
        <table className={styles["table"]} data-testid="sweep">
          <thead>
            <tr>
              {varied.map(({ name, label }) => (
                <th key={name}>{label}</th>
              ))}
              {COLUMNS.map((column) => (
                <Head key={column.name} column={column} sorting={sorting} onSort={setSorting} />
              ))}
              <th>
                <span className="hidden-text">Choose</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted(sweep.rows, sorting).map(({ parameters, figures }) => {
              const isChosen = varied.every(({ name }) => chosen[name] === parameters[name]);
              return (
                <tr key={JSON.stringify(parameters)} data-chosen={isChosen} data-testid="sweep-row">
                  {varied.map((each) => (
                    <td key={each.name}>{shownOf(each, parameters)}</td>
                  ))}
                  {COLUMNS.map(({ name, draw }) => (
                    <td key={name} className={styles["number"]}>
                      {draw(figures)}
                    </td>
                  ))}
                  <td className={styles["number"]}>
                    {isChosen ? (
                      <span className={styles["dim"]}>in the form</span>
                    ) : (
                      <Button size="compact-xs" variant="default" aria-label={`Use ${varied.map((each) => `${each.label.toLowerCase()} ${shownOf(each, parameters)}`).join(", ")}`} onClick={() => onChoose(Object.fromEntries(varied.map(({ name }) => [name, parameters[name] ?? ""])))}>
                        Use
                      </Button>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {sweep.refused.map(({ parameters, code, message }) => (
        <p key={JSON.stringify(parameters)} className={styles["warn"]}>
          {message} <code>{code}</code>
        </p>
      ))}
      <p className={styles["note"]}>
        <Count value={sweep.rows.length} /> combinations over <Count value={sweep.bars} /> bars of {sweep.resolution} in {Math.round(sweep.took_ms)} ms; just holding came to <Percent value={percent(sweep.hold.return_ratio)} signed />.
      </p>
    </>
  );
}
