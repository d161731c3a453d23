/** The first step: which account a file belongs to, and the file itself, dropped or chosen. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { type DragEvent, useRef, useState } from "react";
import { useFilesDesk, useFormats } from "@/core/files";
import type { Account } from "@/core/contracts";
import { type Problem, problemOf } from "@/core/problems";
import { useAccounts } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { megabytes } from "@/features/files/words";
import { Failure, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./files.module.css";

const NEW = "new";

interface UploadProps {
  readonly accountId: string | null;
  readonly onUploaded: (fileId: string) => void;
  readonly onClose: () => void;
}

function Drop({ file, onFile }: { readonly file: File | null; readonly onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const [dropped] = event.dataTransfer.files;
    if (dropped) onFile(dropped);
  };
  const onDragOver = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  return (
    <div className={styles["drop"]} data-over={isOver} onDragOver={onDragOver} onDragLeave={() => setOver(false)} onDrop={onDrop}>
      <p>{file ? <strong>{`${file.name}, ${megabytes(file.size)}`}</strong> : "Drop a CSV file here"}</p>
      <Button size="compact-sm" variant="default" onClick={() => input.current?.click()}>
        {file ? "Choose another" : "Choose a file"}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".csv,.tsv,.txt,text/csv"
        hidden
        aria-label="File"
        data-testid="file-input"
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          if (chosen) onFile(chosen);
        }}
      />
    </div>
  );
}

function Where({ accounts, chosen, onChoose }: { readonly accounts: readonly Account[]; readonly chosen: string; readonly onChoose: (id: string) => void }) {
  const choices = accounts.map(({ account_id, label, venue }) => ({ value: account_id, label: `${label} (${venue})` }));
  return (
    <NativeSelect
      label="The file tells of"
      value={chosen}
      onChange={(event) => onChoose(event.currentTarget.value)}
      data={[...choices, { value: NEW, label: "An account without a key: make one" }]}
      data-testid="file-account"
    />
  );
}

function useUpload({ onUploaded }: Pick<UploadProps, "onUploaded">) {
  const files = useFilesDesk();
  const { resources } = useServices();
  const [ratio, setRatio] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = async (accountId: string, named: { venue: string; label: string }, file: File) => {
    setProblem(null);
    setRatio(0);
    try {
      const account = accountId === NEW ? (await files.addAccount(named.venue, named.label)).account_id : accountId;
      const uploaded = await files.upload(account, file, setRatio);
      for (const prefix of ["files", "accounts"]) resources.refresh(prefix);
      onUploaded(uploaded.file_id);
    } catch (thrown) {
      setProblem(problemOf(thrown));
      setRatio(null);
    }
  };
  return { ratio, problem, send };
}

function UploadForm({ accounts, accountId, onUploaded }: UploadProps & { readonly accounts: readonly Account[] }) {
  const [chosen, setChosen] = useState(accounts.find(({ account_id }) => account_id === accountId)?.account_id ?? accounts[0]?.account_id ?? NEW);
  const [named, setNamed] = useState({ venue: "", label: "" });
  const [file, setFile] = useState<File | null>(null);
  const { ratio, problem, send } = useUpload({ onUploaded });
  const isReady = file !== null && (chosen !== NEW || (named.venue.trim() !== "" && named.label.trim() !== ""));
  return (
    <form
      className={styles["form"]}
      data-testid="upload-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (file && isReady) void send(chosen, named, file);
      }}
    >
      <Where accounts={accounts} chosen={chosen} onChoose={setChosen} />
      {chosen === NEW && (
        <div className={styles["pair"]}>
          <TextInput label="Venue or wallet" required maxLength={80} value={named.venue} onChange={(event) => setNamed({ ...named, venue: event.currentTarget.value })} />
          <TextInput label="Name" required maxLength={80} value={named.label} onChange={(event) => setNamed({ ...named, label: event.currentTarget.value })} />
        </div>
      )}
      <Drop file={file} onFile={setFile} />
      {problem && <Failure fault={problem} title="The file was not uploaded" />}
      {ratio !== null && <progress className={styles["progress"]} value={ratio} max={1} aria-label="Upload" />}
      <Button type="submit" disabled={!isReady} loading={ratio !== null}>
        Upload and look at it
      </Button>
      <p className={styles["hint"]}>Nothing is booked before you have seen what would become of each row.</p>
    </form>
  );
}

export function UploadPanel(props: UploadProps) {
  const { resource, reload } = useAccounts();
  const formats = valueOf(useFormats().resource);
  const accounts = valueOf(resource);
  const problem = problemIn(resource);
  const close = (
    <Button size="compact-sm" variant="default" onClick={props.onClose}>
      Back
    </Button>
  );
  return (
    <Panel title="Import a file" actions={close}>
      {accounts ? (
        <UploadForm {...props} accounts={accounts.filter(({ state }) => state !== "checking")} />
      ) : problem ? (
        <Failure fault={problem} onRetry={() => void reload()} />
      ) : (
        <TableSkeleton rows={5} columns={2} />
      )}
      {formats && <p className={`${styles["hint"]} ${styles["known"]}`}>Known by their header: {formats.imports.join(", ")}. Any other file: explain its columns once.</p>}
    </Panel>
  );
}
