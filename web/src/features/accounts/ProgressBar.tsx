/** How far an import is. */
import type { ImportProgress } from "@/core/contracts";
import styles from "./accounts.module.css";

export const percentDone = ({ progress_ratio: ratio, state }: ImportProgress): number => (state === "done" ? 100 : Math.floor(ratio * 1000) / 10);

export function ProgressBar({ progress, label }: { readonly progress: ImportProgress; readonly label: string }) {
  const percent = percentDone(progress);
  return (
    <div
      className={styles["progress"]}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      data-state={progress.state}
    >
      <div style={{ width: `${percent}%` }} />
    </div>
  );
}
