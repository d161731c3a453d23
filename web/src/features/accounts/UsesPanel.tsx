/** Who used the key, for what, and what came of it: counted by the minute. */
import { Button } from "@mantine/core";
import { useState } from "react";
import type { KeyUse } from "@/core/keys_contracts";
import { Age, Count } from "@/core/Figures";
import { type Problem, problemOf } from "@/core/problems";
import { useKeysDesk } from "@/core/keys";
import { operationWords } from "@/features/accounts/keyWords";
import { Mark } from "@/shared/Mark";
import { Empty, Failure, Panel } from "@/shared/Panel";
import styles from "./keys.module.css";

function Row({ use }: { readonly use: KeyUse }) {
  return (
    <tr data-testid="key-use">
      <td>
        <Age at={use.last_at} />
      </td>
      <td>{use.asker}</td>
      <td>{operationWords(use.operation)}</td>
      <td className={styles["number"]}>
        <Count value={use.uses} />
      </td>
      <td>{use.outcome === "ok" ? "ok" : <Mark tone="warn">{use.outcome}</Mark>}</td>
      <td>
        <code className={styles["id"]}>{use.correlation_id}</code>
      </td>
    </tr>
  );
}

/** The card's own uses are fresh; older ones are asked for. */
function useOlder(accountId: string) {
  const keys = useKeysDesk();
  const [older, setOlder] = useState<readonly KeyUse[] | null>(null);
  const [cursor, setCursor] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const more = () => {
    keys
      .uses(accountId, cursor)
      .then((page) => {
        setOlder([...(cursor === null ? [] : (older ?? [])), ...page.items]);
        setCursor(page.next_cursor);
        setProblem(null);
      })
      .catch((thrown: unknown) => setProblem(problemOf(thrown)));
  };
  return { older, hasMore: older === null || cursor !== null, problem, more };
}

export function UsesPanel({ accountId, uses, isStale }: { readonly accountId: string; readonly uses: readonly KeyUse[]; readonly isStale: boolean }) {
  const { older, hasMore, problem, more } = useOlder(accountId);
  const shown = older ?? uses;
  const isFull = uses.length >= 20;
  return (
    <Panel title="Who used it" grow testId="key-uses">
      {shown.length === 0 ? (
        <Empty title="Nobody used this key yet">Every use is counted here: which part of the desk had it done, for what, and how it ended.</Empty>
      ) : (
        <div className={`${styles["scroll"]} ${isStale ? "quiet" : ""}`}>
          <table className={styles["table"]}>
            <thead>
              <tr>
                <th>Last</th>
                <th>Asked by</th>
                <th>For</th>
                <th className={styles["number"]}>Times</th>
                <th>Outcome</th>
                <th>Correlation</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((use) => (
                <Row key={`${use.first_at}${use.asker}${use.operation}${use.outcome}`} use={use} />
              ))}
            </tbody>
          </table>
          {isFull && hasMore && (
            <Button size="compact-xs" variant="default" onClick={more} className={styles["more"] ?? ""}>
              Older uses
            </Button>
          )}
        </div>
      )}
      {problem && <Failure fault={problem} title="Older uses could not be shown" onRetry={more} />}
    </Panel>
  );
}
