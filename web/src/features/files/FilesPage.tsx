/** Files of other tools: what was imported, the wizard that imports another, and the ledger written as theirs. */
import { useAbility } from "@casl/react";
import { Button } from "@mantine/core";
import { useSearchParams } from "react-router";
import type { Permissions } from "@/core/permissions";
import { usePageTitle } from "@/core/queries";
import { ExportsPanel } from "@/features/files/ExportsPanel";
import { FileList } from "@/features/files/FileList";
import { FilePanel } from "@/features/files/FilePanel";
import { MappingsPanel } from "@/features/files/MappingsPanel";
import { UploadPanel } from "@/features/files/UploadPanel";
import styles from "./files.module.css";

export default function FilesPage() {
  usePageTitle("Files");
  const [search, setSearch] = useSearchParams();
  const mayImport = useAbility<Permissions>().can("create", "Import");
  const fileId = search.get("file");
  const isNew = mayImport && search.get("new") === "1";
  const open = (id: string) => setSearch({ file: id });
  const back = () => setSearch({});
  const add = mayImport && (
    <Button size="compact-sm" onClick={() => setSearch({ new: "1" })} data-testid="new-file">
      Import a file
    </Button>
  );
  return (
    <div className={styles["page"]}>
      <h1 className="hidden-text">Files</h1>
      {isNew && <UploadPanel onUploaded={open} onClose={back} accountId={search.get("account")} />}
      {fileId && <FilePanel key={fileId} fileId={fileId} onClose={back} />}
      {!isNew && !fileId && (
        <>
          <FileList action={add} onOpen={open} />
          <ExportsPanel />
          <MappingsPanel />
        </>
      )}
    </div>
  );
}
