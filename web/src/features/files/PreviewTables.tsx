/** A file's first rows, its first events, what is left out, and the overlap with what is known. */
import type { FileEvent, KeptRow, Overlap, Preview } from "@/core/files_contracts";
import { Amount, Count, Instant } from "@/core/Figures";
import { reasonWords } from "@/features/files/words";
import styles from "./files.module.css";

const FOLDED_CELLS = 6;

export function RawTable({ header, rows }: Pick<Preview, "header" | "rows">) {
  return (
    <div className={styles["scroll"]} tabIndex={0} role="region" aria-label="First rows of the file">
      <table className={styles["raw"]}>
        <thead>
          <tr>
            {header.map((name, place) => (
              <th key={place} scope="col">
                {name || "—"}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, line) => (
            <tr key={line}>
              {header.map((_, place) => (
                <td key={place}>{cells[place]}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function EventsTable({ events }: { readonly events: readonly FileEvent[] }) {
  if (events.length === 0) return null;
  return (
    <section aria-label="First events">
      <h3>The first events, as they would be booked</h3>
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col">Amounts</th>
            <th scope="col" className={styles["number"]}>
              Line
            </th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <tr key={event.line} data-testid="event-row">
              <td data-label="When">
                <Instant at={event.occurred_at} />
              </td>
              <td data-label="What">{event.kind}</td>
              <td data-label="Amounts" className={styles["legs"]}>
                {event.legs.map(({ amount, asset }, place) => (
                  <span key={place}>
                    <Amount value={amount} asset={asset} signed />
                  </span>
                ))}
              </td>
              <td data-label="Line" className={styles["number"]}>
                <Count value={event.line} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function OverlapTable({ overlap }: { readonly overlap: readonly Overlap[] }) {
  if (overlap.length === 0) return <p className={styles["hint"]}>The account&apos;s ledger holds nothing of the months that this file tells of: there is no overlap.</p>;
  return (
    <section aria-label="Overlap">
      <h3>Overlap with what is known</h3>
      <table className={styles["table"]} data-testid="overlap">
        <thead>
          <tr>
            <th scope="col">Month</th>
            {["In both", "Only in the file", "of these within the venue's history", "Only in the ledger"].map((name) => (
              <th key={name} scope="col" className={styles["number"]}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {overlap.map((each) => (
            <tr key={each.month}>
              <th scope="row">{each.month}</th>
              {(["equal", "only_file", "covered", "only_known"] as const).map((key) => (
                <td key={key} data-label={key} className={styles["number"]}>
                  <Count value={each[key]} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface LeftOutProps {
  readonly rows: readonly KeptRow[];
  readonly reasons?: Preview["reasons"];
}

export function LeftOutTable({ rows, reasons = [] }: LeftOutProps) {
  if (rows.length === 0) return null;
  return (
    <section aria-label="Rows left out">
      <h3>Left out, with the reason</h3>
      {reasons.length > 0 && <p className={styles["hint"]}>{reasons.map(({ reason, rows: count }) => `${reasonWords(reason)}: ${count}`).join(" · ")}</p>}
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th scope="col" className={styles["number"]}>
              Line
            </th>
            <th scope="col">Why</th>
            <th scope="col">The row</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.line} data-testid="left-out-row">
              <td data-label="Line" className={styles["number"]}>
                <Count value={row.line} />
              </td>
              <td data-label="Why" data-warn={row.rejected} title={`${row.reason} ${row.detail}`}>
                {row.rejected ? "rejected: " : "skipped: "}
                {reasonWords(row.reason)}
              </td>
              <td data-label="The row" className={styles["cells"]}>
                {row.cells.filter(Boolean).slice(0, FOLDED_CELLS).join(" · ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
