/** One file: previewed while it is not imported, then watched, then its report. */
import { Button } from "@mantine/core";
import { useFile } from "@/core/files";
import { problemIn, valueOf } from "@/core/resources";
import { PreviewSteps } from "@/features/files/PreviewSteps";
import { Report } from "@/features/files/Report";
import { FILE_STATES, megabytes } from "@/features/files/words";
import { Mark } from "@/shared/Mark";
import { Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";

export function FilePanel({ fileId, onClose }: { readonly fileId: string; readonly onClose: () => void }) {
  const { resource, reload } = useFile(fileId);
  const file = valueOf(resource);
  const problem = problemIn(resource);
  const close = (
    <Button size="compact-sm" variant="default" onClick={onClose}>
      Back
    </Button>
  );
  const title = file ? (
    <>
      {file.name} <Mark tone={FILE_STATES[file.state].tone}>{FILE_STATES[file.state].word}</Mark>
    </>
  ) : (
    "File"
  );
  return (
    <Panel title={title} actions={close} testId="file">
      {file && problem && <StaleNote fault={problem} age={null} onRetry={() => void reload()} />}
      {!file && (problem ? <Failure fault={problem} title="The file could not be shown" onRetry={() => void reload()} /> : <TableSkeleton rows={8} columns={5} />)}
      {file?.state === "uploading" && <PreviewSteps file={file} onCommitted={() => void reload()} onRemoved={onClose} />}
      {file && file.state !== "uploading" && <Report file={file} size={megabytes(file.size_bytes)} />}
    </Panel>
  );
}
