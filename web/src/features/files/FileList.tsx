/** Every file, newest first, with what became of its rows. */
import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useFiles, useFilesDesk } from "@/core/files";
import type { ImportFile } from "@/core/files_contracts";
import { Age, Count } from "@/core/Figures";
import { problemOf } from "@/core/problems";
import { useAccountsEver } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { FILE_STATES, megabytes } from "@/features/files/words";
import { Mark } from "@/shared/Mark";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./files.module.css";

const COUNTS = [
  ["Rows", "rows_total"],
  ["Imported", "rows_imported"],
  ["Known already", "rows_duplicate"],
  ["Skipped", "rows_skipped"],
  ["Rejected", "rows_rejected"],
] as const;

function FileRow({ file, place, onOpen }: { readonly file: ImportFile; readonly place: string; readonly onOpen: () => void }) {
  const { tone, word } = FILE_STATES[file.state];
  return (
    <tr data-testid="file-row">
      <th scope="row">
        <button type="button" className={styles["open"]} onClick={onOpen}>
          {file.name}
        </button>
        <span className={styles["dim"]}>{megabytes(file.size_bytes)}</span>
      </th>
      <td data-label="Account">{place}</td>
      <td data-label="State">
        <Mark tone={tone}>{word}</Mark>
      </td>
      {COUNTS.map(([name, key]) => (
        <td key={key} data-label={name} className={styles["number"]} data-warn={key === "rows_rejected" && file[key] > 0}>
          {file.state === "uploading" ? "—" : <Count value={file[key]} />}
        </td>
      ))}
      <td data-label="Uploaded">
        <Age at={file.uploaded_at} />
      </td>
    </tr>
  );
}

/** Pages behind the newest one, as far as they were asked for. */
function useOlder() {
  const files = useFilesDesk();
  const { notices } = useServices();
  const [older, setOlder] = useState<readonly ImportFile[]>([]);
  const [cursor, setCursor] = useState<string | null | undefined>(undefined);
  const more = (from: string) =>
    void files.newest(from).then(
      ({ items, next_cursor }) => {
        setOlder((known) => [...known, ...items]);
        setCursor(next_cursor);
      },
      (thrown: unknown) => notices.say(`${problemOf(thrown).detail} (${problemOf(thrown).code})`, "failed"),
    );
  return { older, cursor, more };
}

export function FileList({ action, onOpen }: { readonly action: ReactNode; readonly onOpen: (fileId: string) => void }) {
  const { resource, reload } = useFiles();
  const accounts = valueOf(useAccountsEver().resource);
  const { older, cursor, more } = useOlder();
  const page = valueOf(resource);
  const problem = problemIn(resource);
  const shown = page && [...page.items, ...older.filter(({ file_id }) => !page.items.some((each) => each.file_id === file_id))];
  const next = cursor === undefined ? page?.next_cursor : cursor;
  const placeOf = (file: ImportFile) => accounts?.find(({ account_id }) => account_id === file.account_id)?.label ?? "…";
  return (
    <Panel title="Files" actions={action} testId="files">
      {page && problem && <StaleNote fault={problem} age={null} onRetry={() => void reload()} />}
      {!page && (problem ? <Failure fault={problem} title="The files could not be shown" onRetry={() => void reload()} /> : <TableSkeleton rows={4} columns={8} />)}
      {shown?.length === 0 && (
        <Empty title="No file was imported" action={action}>
          Bring history that no venue tells any more: a file of Koinly, CoinTracking, rotki, CoinTracker or Binance, or any CSV whose columns you explain once.
        </Empty>
      )}
      {shown && shown.length > 0 && (
        <table className={styles["table"]}>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">Account</th>
              <th scope="col">State</th>
              {COUNTS.map(([name]) => (
                <th key={name} scope="col" className={styles["number"]}>
                  {name}
                </th>
              ))}
              <th scope="col">Uploaded</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((file) => (
              <FileRow key={file.file_id} file={file} place={placeOf(file)} onOpen={() => onOpen(file.file_id)} />
            ))}
          </tbody>
        </table>
      )}
      {next && (
        <div className={styles["foot"]}>
          <Button size="compact-sm" variant="default" onClick={() => more(next)}>
            Show older files
          </Button>
        </div>
      )}
    </Panel>
  );
}
