/** Saved mappings: given to others and taken from them as JSON, or forgotten. */
import { useAbility } from "@casl/react";
import { Button } from "@mantine/core";
import { useRef } from "react";
import { download, useFilesDesk, useMappings } from "@/core/files";
import { mapping as mappingShape, type SavedMapping } from "@/core/files_contracts";
import { Age } from "@/core/Figures";
import type { Permissions } from "@/core/permissions";
import { problemOf } from "@/core/problems";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./files.module.css";

function useWork() {
  const { resources, notices } = useServices();
  return (work: Promise<unknown>, said: string) =>
    void work
      .then(
        () => notices.say(said),
        (thrown: unknown) => notices.say(`${problemOf(thrown).detail} (${problemOf(thrown).code})`, "failed"),
      )
      .finally(() => resources.refresh("file-mappings"));
}

async function parsed(file: File) {
  const found = mappingShape.safeParse(JSON.parse(await file.text().catch(() => "null")));
  if (!found.success) throw new Error("This file is no mapping.");
  return found.data;
}

function TakeButton() {
  const files = useFilesDesk();
  const run = useWork();
  const input = useRef<HTMLInputElement>(null);
  const take = (file: File) => run(parsed(file).then((mapping) => files.saveMapping(mapping)), "The mapping is saved.");
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={() => input.current?.click()}>
        Take a mapping from a file
      </Button>
      <input
        ref={input}
        type="file"
        accept="application/json,.json"
        hidden
        aria-label="Mapping"
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          if (chosen) take(chosen);
        }}
      />
    </>
  );
}

function MappingItem({ saved, mayChange }: { readonly saved: SavedMapping; readonly mayChange: boolean }) {
  const files = useFilesDesk();
  const run = useWork();
  const { mapping } = saved;
  const give = () => download(`mapping-${mapping.name}.json`, new Blob([JSON.stringify(mapping, null, 2)], { type: "application/json" }));
  return (
    <li>
      <strong>{mapping.name}</strong>
      <span className={styles["dim"]}>{mapping.header.join(", ")}</span>
      <Age at={saved.saved_at} prefix="saved " />
      <span className={styles["buttons"]}>
        <Button size="compact-xs" variant="default" onClick={give} aria-label={`Download ${mapping.name}`}>
          Download
        </Button>
        {mayChange && (
          <Button size="compact-xs" variant="default" onClick={() => run(files.removeMapping(saved.mapping_id), `${mapping.name} is forgotten.`)} aria-label={`Forget ${mapping.name}`}>
            Forget
          </Button>
        )}
      </span>
    </li>
  );
}

export function MappingsPanel() {
  const { resource, reload } = useMappings();
  const mayChange = useAbility<Permissions>().can("create", "Import");
  const saved = valueOf(resource);
  const problem = problemIn(resource);
  return (
    <Panel title="Mappings" actions={mayChange && <TakeButton />} testId="mappings">
      {saved && problem && <StaleNote fault={problem} age={null} onRetry={() => void reload()} />}
      {!saved && (problem ? <Failure fault={problem} onRetry={() => void reload()} /> : <TableSkeleton rows={2} columns={3} />)}
      {saved?.length === 0 && <Empty title="No mapping is saved">The first file whose columns nobody knows lets you make one; files with the same header are then read by it.</Empty>}
      {saved && saved.length > 0 && (
        <ul className={styles["mappings"]}>
          {saved.map((each) => (
            <MappingItem key={each.mapping_id} saved={each} mayChange={mayChange} />
          ))}
        </ul>
      )}
    </Panel>
  );
}
