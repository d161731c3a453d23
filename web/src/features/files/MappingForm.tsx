/** Explains the columns of a file that nobody knows, once: saved under a name and found again by the header. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { useFilesDesk } from "@/core/files";
import { type ColumnMapping, type Preview, ROLES, type Role } from "@/core/files_contracts";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import { KINDS, ROLE_NAMES } from "@/features/files/words";
import { Failure } from "@/shared/Panel";
import styles from "./files.module.css";

const NONE = "";
const TYPES_MAX = 12;

interface MappingProps {
  readonly preview: Preview;
  readonly onMapped: (mapping: ColumnMapping) => void;
}

/** The words that stand in a column, as far as the first rows show them. */
function wordsIn(preview: Preview, place: number | undefined): readonly string[] {
  if (place === undefined) return [];
  const words = preview.rows.map((cells) => (cells[place] ?? "").trim().toLowerCase()).filter(Boolean);
  return [...new Set(words)].slice(0, TYPES_MAX);
}

function Columns({ preview, columns, onChange }: { readonly preview: Preview; readonly columns: Readonly<Record<string, number>>; readonly onChange: (columns: Record<string, number>) => void }) {
  const choices = [{ value: NONE, label: "not in this file" }, ...preview.header.map((name, place) => ({ value: place.toString(), label: name || `column ${place + 1}` }))];
  const choose = (role: Role, value: string) => {
    const others = Object.fromEntries(Object.entries(columns).filter(([name]) => name !== role));
    onChange(value === NONE ? others : { ...others, [role]: Number(value) });
  };
  return (
    <div className={styles["roles"]}>
      {ROLES.map((role) => (
        <NativeSelect key={role} label={ROLE_NAMES[role]} data={choices} value={columns[role]?.toString() ?? NONE} onChange={(event) => choose(role, event.currentTarget.value)} required={role === "date"} />
      ))}
    </div>
  );
}

function Types({ words, types, onChange }: { readonly words: readonly string[]; readonly types: Readonly<Record<string, string>>; readonly onChange: (types: Record<string, string>) => void }) {
  if (words.length === 0) return null;
  const choices = [{ value: NONE, label: "by its usual meaning" }, ...KINDS.map((kind) => ({ value: kind, label: kind.replace("_", " ") }))];
  const choose = (word: string, kind: string) => {
    const others = Object.fromEntries(Object.entries(types).filter(([each]) => each !== word));
    onChange(kind === NONE ? others : { ...others, [word]: kind });
  };
  return (
    <fieldset className={styles["types"]}>
      <legend>What the types mean</legend>
      {words.map((word) => (
        <NativeSelect key={word} label={word} data={choices} value={types[word] ?? NONE} onChange={(event) => choose(word, event.currentTarget.value)} />
      ))}
    </fieldset>
  );
}

export function MappingForm({ preview, onMapped }: MappingProps) {
  const files = useFilesDesk();
  const { resources } = useServices();
  const known = preview.mapping;
  const [columns, setColumns] = useState<Record<string, number>>({ ...known?.columns });
  const [types, setTypes] = useState<Record<string, string>>({ ...known?.types });
  const [problem, setProblem] = useState<Problem | null>(null);
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string) => (fields.get(name) as string).trim();
    const { fingerprint, header } = preview;
    const mapping = { name: text("name"), fingerprint, header, columns, types, zone: known?.zone ?? null, date_pattern: text("date_pattern") };
    files.saveMapping(mapping).then(
      ({ mapping: saved }) => {
        resources.refresh("file-mappings");
        onMapped(saved);
      },
      (thrown: unknown) => setProblem(problemOf(thrown)),
    );
  };
  return (
    <form className={styles["mapping"]} onSubmit={onSubmit} data-testid="mapping-form">
      <h3>What the columns mean</h3>
      <Columns preview={preview} columns={columns} onChange={setColumns} />
      <Types words={wordsIn(preview, columns["type"])} types={types} onChange={setTypes} />
      <div className={styles["pair"]}>
        <TextInput label="Name of this mapping" name="name" required maxLength={80} defaultValue={known?.name ?? ""} />
        <TextInput label="Pattern of dates" name="date_pattern" maxLength={60} placeholder="the usual ones; else like %d/%m/%y %H:%M" defaultValue={known?.date_pattern ?? ""} />
      </div>
      {problem && <Failure fault={problem} title="The mapping was not saved" />}
      <Button type="submit" size="compact-sm">
        Save the mapping and read the file
      </Button>
    </form>
  );
}
