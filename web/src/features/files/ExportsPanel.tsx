/** The ledger as files of other tools: whoever wants to leave can. */
import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { download, type Exported, useFilesDesk, useFormats } from "@/core/files";
import { Count } from "@/core/Figures";
import { problemOf } from "@/core/problems";
import { useAccountsEver } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { lossWords } from "@/features/files/words";
import { Failure, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./files.module.css";

function Losses({ exported }: { readonly exported: Exported }) {
  const counted = new Map<string, number>();
  for (const { reason } of exported.losses) counted.set(reason, (counted.get(reason) ?? 0) + 1);
  return (
    <p className={styles["hint"]} role="status" data-testid="export-report">
      {exported.name}: <Count value={exported.entries} /> entries.{" "}
      {counted.size === 0 ? "The format says all of them." : `What the format can't say: ${[...counted].map(([reason, times]) => `${lossWords(reason)} (${times})`).join("; ")}.`}
    </p>
  );
}

function useExport() {
  const files = useFilesDesk();
  const { notices } = useServices();
  const [written, setWritten] = useState<number | null>(null);
  const [done, setDone] = useState<Exported | null>(null);
  const run = (format: string, accountId: string | null) => {
    setWritten(0);
    setDone(null);
    files
      .export(format, accountId, setWritten)
      .then((exported) => {
        download(exported.name, exported.content);
        setDone(exported);
      })
      .catch((thrown: unknown) => notices.say(`${problemOf(thrown).detail} (${problemOf(thrown).code})`, "failed"))
      .finally(() => setWritten(null));
  };
  return { written, done, run };
}

export function ExportsPanel() {
  const { resource, reload } = useFormats();
  const accounts = valueOf(useAccountsEver().resource) ?? [];
  const [account, setAccount] = useState("");
  const { written, done, run } = useExport();
  const formats = valueOf(resource);
  const problem = problemIn(resource);
  const choices = [{ value: "", label: "Every account" }, ...accounts.map(({ account_id, label }) => ({ value: account_id, label }))];
  return (
    <Panel title="Export the ledger" testId="exports">
      {!formats && (problem ? <Failure fault={problem} onRetry={() => void reload()} /> : <TableSkeleton rows={2} columns={4} />)}
      {formats && (
        <div className={styles["exports"]}>
          <NativeSelect label="Entries of" data={choices} value={account} onChange={(event) => setAccount(event.currentTarget.value)} />
          <div className={styles["buttons"]}>
            {formats.exports.map(({ format, title }) => (
              <Button key={format} size="compact-sm" variant="default" disabled={written !== null} onClick={() => run(format, account || null)}>
                {title}
              </Button>
            ))}
          </div>
          {written !== null && (
            <p className={styles["hint"]} role="status">
              <Count value={written} /> entries written …
            </p>
          )}
          {done && <Losses exported={done} />}
        </div>
      )}
    </Panel>
  );
}
