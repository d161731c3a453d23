/** Rows in = imported + known already + skipped + rejected, as a sum one can check. */
import { Count } from "@/core/Figures";
import styles from "./files.module.css";

interface CountsProps {
  readonly rows: number;
  readonly imported: number;
  readonly duplicate: number;
  readonly skipped: number;
  readonly rejected: number;
}

const PARTS = [
  ["imported", "imported"],
  ["duplicate", "known already"],
  ["skipped", "skipped"],
  ["rejected", "rejected"],
] as const;

export function CountsLine(counts: CountsProps) {
  return (
    <p className={styles["sum"]} data-testid="counts">
      <span>
        <strong>
          <Count value={counts.rows} />
        </strong>{" "}
        rows
      </span>
      {PARTS.map(([key, word], place) => (
        <span key={key} data-part={key} data-warn={key === "rejected" && counts[key] > 0}>
          {place === 0 ? "= " : "+ "}
          <strong data-testid={`count-${key}`}>
            <Count value={counts[key]} />
          </strong>{" "}
          {word}
        </span>
      ))}
    </p>
  );
}
