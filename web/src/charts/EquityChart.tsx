/** What a replay was worth, beside holding, with its drawdown below: curves for showing, drawn once. */
import { useDisplay } from "@/core/display";
import type { Equity } from "@/core/replay_contracts";
import { instantText } from "@/shared/instants";
import styles from "./EquityChart.module.css";

const [WIDTH, HEIGHT, DEPTH] = [600, 150, 40];

type Values = readonly (number | null)[];

/** A path through values, broken where one is not known. */
export function pathOf(values: Values, [least, most]: readonly [number, number], height: number): string {
  const step = WIDTH / Math.max(1, values.length - 1);
  const span = most - least || 1;
  let isOpen = false;
  const parts = values.map((value, at) => {
    if (value === null) return void (isOpen = false);
    const part = `${isOpen ? "L" : "M"}${(at * step).toFixed(1)} ${(height - ((value - least) / span) * height).toFixed(1)}`;
    isOpen = true;
    return part;
  });
  return parts.filter(Boolean).join("");
}

/** How far below its best so far each value is, 0 to 1. */
export function drawdowns(values: Values): Values {
  let best = -Infinity;
  return values.map((value) => {
    if (value === null) return null;
    best = Math.max(best, value);
    return best > 0 ? (best - value) / best : 0;
  });
}

const known = (values: Values): number[] => values.filter((value) => value !== null);

interface EquityChartProps {
  readonly equity: Equity;
  readonly marks: readonly number[];
  /** What the curve and the marks are. */
  readonly names?: { readonly value: string; readonly mark: string };
}

const REPLAYED = { value: "replayed", mark: "fired" };

export function EquityChart({ equity, marks, names = REPLAYED }: EquityChartProps) {
  const { zone } = useDisplay();
  const all = known([...equity.values, ...equity.hold]);
  const [from, to] = [equity.at[0], equity.at.at(-1)];
  if (all.length === 0 || from === undefined || to === undefined) return null;
  const range = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))] as const;
  const down = drawdowns(equity.values);
  const deepest = Math.max(...known(down), 0.0001);
  const at = (instant: number) => ((instant - from) / (to - from || 1)) * WIDTH;
  const day = (instant: number) => instantText(new Date(instant).toISOString(), zone).slice(0, 16);
  return (
    <figure className={styles["figure"]} aria-label="Value over time, beside holding, and drawdown" data-testid="equity">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + DEPTH + 8}`} preserveAspectRatio="none" aria-hidden="true">
        {marks.map((mark, index) => (
          <line key={index} x1={at(mark)} x2={at(mark)} y1={0} y2={HEIGHT} className={styles["mark"]} />
        ))}
        <path d={pathOf(equity.hold, range, HEIGHT)} className={styles["hold"]} />
        <path d={pathOf(equity.values, range, HEIGHT)} className={styles["value"]} />
        <path d={`M0 0${pathOf(down.map((value) => (value === null ? null : -value)), [-deepest, 0], DEPTH).replace(/^M/, "L")}L${WIDTH} 0Z`} transform={`translate(0 ${HEIGHT + 8})`} className={styles["down"]} />
      </svg>
      <figcaption>
        <span>{day(from)}</span>
        <span className={styles["keys"]}>
          <i data-line="value" /> {names.value} <i data-line="hold" /> held <i data-line="mark" /> {names.mark} <i data-line="down" /> drawdown
        </span>
        <span>{day(to)}</span>
      </figcaption>
    </figure>
  );
}
