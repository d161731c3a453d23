/** What importing a file would do: its format, its zone, its rows, the overlap; then the decision. */
import { Button, Radio } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import { type Reading, useFilesDesk } from "@/core/files";
import type { ColumnMapping, ImportFile, Preview } from "@/core/files_contracts";
import { Count } from "@/core/Figures";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import { CountsLine } from "@/features/files/CountsLine";
import { MappingForm } from "@/features/files/MappingForm";
import { EventsTable, LeftOutTable, OverlapTable, RawTable } from "@/features/files/PreviewTables";
import { ZoneStep } from "@/features/files/ZoneStep";
import { Failure, TableSkeleton } from "@/shared/Panel";
import styles from "./files.module.css";

interface PreviewProps {
  readonly file: ImportFile;
  readonly onCommitted: () => void;
  readonly onRemoved: () => void;
}

function usePreview(fileId: string, reading: Reading) {
  const files = useFilesDesk();
  const [preview, setPreview] = useState<Preview | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = useCallback(() => {
    files.preview(fileId, reading).then(
      (answer) => {
        setPreview(answer);
        setProblem(null);
      },
      (thrown: unknown) => setProblem(problemOf(thrown)),
    );
  }, [files, fileId, reading]);
  useEffect(load, [load]);
  return { preview, problem, load };
}

function Precedence({ preview, chosen, onChoose }: { readonly preview: Preview; readonly chosen: "count" | "venue"; readonly onChoose: (chosen: "count" | "venue") => void }) {
  if (!preview.venue_span) return null;
  const { first_at, last_at, trades_since } = preview.venue_span;
  const trades = trades_since === null ? "" : `, trades from ${trades_since.slice(0, 10)}`;
  const span = `${first_at.slice(0, 10)} to ${last_at.slice(0, 10)}${trades}`;
  return (
    <Radio.Group label="Where the venue's own history tells of the same time" value={chosen} onChange={(value) => onChoose(value)}>
      <div className={styles["choices"]}>
        <Radio value="venue" label={`Take the venue's (${span}) as complete: the file adds only what lies before or after`} />
        <Radio value="count" label="Count: the file adds every event beyond as many equal ones as are known" />
      </div>
    </Radio.Group>
  );
}

function Decision({ preview, reading, onCommitted, onRemoved }: { readonly preview: Preview; readonly reading: Reading } & Omit<PreviewProps, "file">) {
  const files = useFilesDesk();
  const { resources } = useServices();
  const [precedence, setPrecedence] = useState<"count" | "venue">(preview.venue_span ? "venue" : "count");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = (work: Promise<unknown>, then: () => void) => {
    setBusy(true);
    work
      .then(() => {
        resources.refresh("files");
        then();
      })
      .catch((thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  const { file_id } = preview.file;
  return (
    <div className={styles["decision"]}>
      <Precedence preview={preview} chosen={precedence} onChoose={setPrecedence} />
      {problem && <Failure fault={problem} title="Not imported" />}
      <div className={styles["buttons"]}>
        <Button disabled={!preview.counts} loading={isBusy} onClick={() => run(files.commit(file_id, reading, precedence), onCommitted)} data-testid="commit">
          Import {preview.counts && <>&nbsp;<Count value={preview.counts.imported} />&nbsp;rows</>}
        </Button>
        <Button variant="default" disabled={isBusy} onClick={() => run(files.remove(file_id), onRemoved)}>
          Forget this file
        </Button>
      </div>
    </div>
  );
}

export function PreviewSteps({ file, onCommitted, onRemoved }: PreviewProps) {
  const [reading, setReading] = useState<Reading>({});
  const [isMapping, setMapping] = useState(false);
  const { preview, problem, load } = usePreview(file.file_id, reading);
  const onMapped = (mapping: ColumnMapping) => {
    setReading({ ...reading, mapping });
    setMapping(false);
  };
  if (!preview) return problem ? <Failure fault={problem} title="The file could not be read" onRetry={load} /> : <TableSkeleton rows={8} columns={5} />;
  const needsMapping = isMapping || preview.format === null;
  return (
    <div className={styles["steps"]} data-testid="preview">
      {problem && <Failure fault={problem} title="The file could not be read so" onRetry={load} />}
      <p className={styles["format"]}>
        {preview.format === null ? (
          <strong>Nobody knows these columns yet. Say what they mean.</strong>
        ) : (
          <>
            This is <strong data-testid="format">{preview.format_title}</strong>
            {preview.mapping && " (your mapping)"}.
          </>
        )}{" "}
        {!needsMapping && (
          <Button size="compact-xs" variant="default" onClick={() => setMapping(true)}>
            Say it differently
          </Button>
        )}
      </p>
      <RawTable header={preview.header} rows={preview.rows} />
      {needsMapping && <MappingForm preview={preview} onMapped={onMapped} />}
      {!needsMapping && <ZoneStep zone={preview.zone} chosen={reading.zone ?? null} onZone={(zone) => setReading({ ...reading, zone })} />}
      {preview.counts && !needsMapping && (
        <>
          <CountsLine rows={preview.counts.rows} imported={preview.counts.imported} duplicate={preview.counts.duplicate} skipped={preview.counts.skipped} rejected={preview.counts.rejected} />
          <EventsTable events={preview.events} />
          <OverlapTable overlap={preview.overlap} />
          <LeftOutTable rows={preview.left_out} reasons={preview.reasons} />
        </>
      )}
      {!needsMapping && <Decision preview={preview} reading={reading} onCommitted={onCommitted} onRemoved={onRemoved} />}
    </div>
  );
}
