/** A file's import while it runs and when it is over: the sum of its rows, and each rejected one. */
import { Button } from "@mantine/core";
import { useCallback, useState } from "react";
import { Link } from "react-router";
import { download, useFilesDesk } from "@/core/files";
import type { ImportFile, KeptRow } from "@/core/files_contracts";
import { Count, Instant } from "@/core/Figures";
import { problemOf } from "@/core/problems";
import { problemIn, useResource, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { CountsLine } from "@/features/files/CountsLine";
import { LeftOutTable } from "@/features/files/PreviewTables";
import { Failure, TableSkeleton } from "@/shared/Panel";
import styles from "./files.module.css";

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

/** Line, reason, what is wrong, and the row as it stood; a cell that a spreadsheet would run is quoted with an apostrophe. */
const asCsv = (rows: readonly KeptRow[]): string =>
  rows
    .map(({ line, rejected, reason, detail, cells }) => [line.toString(), rejected ? "rejected" : "skipped", reason, detail, ...cells])
    .map((cells) => cells.map((cell) => quoted(/^[=+@\t]/.test(cell) ? `'${cell}` : cell)).join(","))
    .join("\r\n");

function useDownload(file: ImportFile) {
  const files = useFilesDesk();
  const { notices } = useServices();
  const [isBusy, setBusy] = useState(false);
  const run = () => {
    setBusy(true);
    files
      .allRows(file.file_id)
      .then((rows) => download(`left-out-${file.name}`, new Blob([asCsv(rows)], { type: "text/csv" })))
      .catch((thrown: unknown) => notices.say(`${problemOf(thrown).detail} (${problemOf(thrown).code})`, "failed"))
      .finally(() => setBusy(false));
  };
  return { isBusy, run };
}

function LeftOut({ file }: { readonly file: ImportFile }) {
  const { resources } = useServices();
  const files = useFilesDesk();
  const load = useCallback(() => files.rows(file.file_id, null, 50), [files, file.file_id]);
  const { resource, reload } = useResource(resources, `files/${file.file_id}/rows`, load);
  const { isBusy, run } = useDownload(file);
  const page = valueOf(resource);
  const problem = problemIn(resource);
  if (!page) return problem ? <Failure fault={problem} onRetry={() => void reload()} /> : <TableSkeleton rows={4} columns={3} />;
  return (
    <>
      <LeftOutTable rows={page.items} />
      <Button size="compact-sm" variant="default" loading={isBusy} onClick={run} data-testid="download-rejects">
        Download all {(file.rows_rejected + file.rows_skipped).toString()} rows with their reasons
      </Button>
    </>
  );
}

function Progress({ file }: { readonly file: ImportFile }) {
  const total = Math.max(file.events_total, 1);
  return (
    <>
      <progress className={styles["progress"]} value={file.events_done} max={total} aria-label={`Import of ${file.name}`} />
      <p className={styles["hint"]}>
        <Count value={file.events_done} /> of <Count value={file.events_total} /> events. You can leave this page: the import goes on, also after a crash, and loses and doubles nothing.
      </p>
    </>
  );
}

export function Report({ file, size }: { readonly file: ImportFile; readonly size: string }) {
  const isOpen = file.state === "queued" || file.state === "running";
  const code = file.error_code ?? "files.failed";
  return (
    <div className={styles["steps"]} data-testid="report" data-state={file.state}>
      {isOpen && <Progress file={file} />}
      {file.state === "failed" && <Failure fault={{ code, detail: file.error_message ?? "The import failed.", correlationId: "" }} title="The import stopped; what was booked stays" />}
      <CountsLine rows={file.rows_total} imported={file.rows_imported} duplicate={file.rows_duplicate} skipped={file.rows_skipped} rejected={file.rows_rejected} />
      <p className={styles["hint"]}>
        {size}, {file.format}, times in {file.zone}; <Count value={file.entries} /> entries booked
        {file.finished_at && (
          <>
            , finished <Instant at={file.finished_at} />
          </>
        )}
        .
      </p>
      {file.state === "done" && (
        <div className={styles["buttons"]}>
          <Button component={Link} to={`/ledger?account=${file.account_id}`} size="compact-sm">
            See the account&apos;s ledger
          </Button>
        </div>
      )}
      {!isOpen && file.rows_rejected + file.rows_skipped > 0 && <LeftOut file={file} />}
    </div>
  );
}
