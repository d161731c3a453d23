/** Whether the layout is kept, and what to do when somebody else changed it meanwhile. */
import { Button } from "@mantine/core";
import type { ChartBook } from "@/core/chart_book";
import { useStore } from "@/core/stores";
import styles from "./drawing.module.css";

const WORDS = { kept: "saved", keeping: "saving…", unkept: "not saved yet", conflict: "changed elsewhere", refused: "not saved" } as const;

export function KeepingState({ book, onTaken }: { readonly book: ChartBook; readonly onTaken: () => void }) {
  const { name, keeping, problem } = useStore(book.state);
  const words = keeping === "unkept" && !problem ? WORDS.keeping : WORDS[keeping];
  return (
    <span className={styles["state"]} role="status" data-keeping={keeping} data-testid="layout-state" title={problem?.detail}>
      {name}, {words}
      {problem && keeping !== "conflict" && <code>{problem.code}</code>}
      {keeping === "conflict" && (
        <>
          <Button size="compact-xs" variant="default" onClick={() => void book.takeTheirs().then(onTaken, () => undefined)}>
            Take theirs
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => void book.keepMine().catch(() => undefined)}>
            Keep mine
          </Button>
        </>
      )}
    </span>
  );
}
