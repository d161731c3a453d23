/** How much of a limit is used in the present window, and when the window ends. */
import type { BudgetLimit } from "@/core/contracts";
import { Count } from "@/core/Figures";
import { fillOf, secondsLeft, usedPercent, wordsOf } from "@/features/budgets/words";
import { durationText } from "@/shared/instants";
import styles from "./budgets.module.css";

interface LimitBarProps {
  readonly limit: BudgetLimit;
  readonly of: string;
  readonly asOf: string;
  readonly elapsedMs: number;
}

export function LimitBar({ limit, of, asOf, elapsedMs }: LimitBarProps) {
  const percent = usedPercent(limit);
  const left = secondsLeft(limit.resets_at, asOf, elapsedMs);
  const name = wordsOf(limit.limit);
  return (
    <div className={styles["limit"]} data-testid="budget-limit">
      <span className={styles["limitName"]} title={limit.limit}>
        {name}
      </span>
      <div
        className={styles["bar"]}
        role="meter"
        aria-label={`${name} used of ${of}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={`${limit.used} of ${limit.allowed}`}
        data-fill={fillOf(percent)}
      >
        <div style={{ width: `${percent}%` }} />
      </div>
      <span className={styles["used"]}>
        <Count value={limit.used} />
        <span className={styles["allowed"]}>
          {" / "}
          <Count value={limit.allowed} />
        </span>
      </span>
      <span className={styles["percent"]}>{percent} %</span>
      <span className={styles["left"]}>{left > 0 ? `resets in ${durationText(left)}` : "resets now"}</span>
    </div>
  );
}
