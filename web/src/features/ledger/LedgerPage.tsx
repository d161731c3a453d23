/** Everything that ever happened, newest first, each entry chained to the one before. */
import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import type { Entry } from "@/core/contracts";
import { Count } from "@/core/Figures";
import { type Problem, problemOf } from "@/core/problems";
import { useAccountsEver, usePageTitle } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { EntryDrawer } from "@/features/ledger/EntryDrawer";
import { filterOf, isFiltered } from "@/features/ledger/filter";
import { FilterBar } from "@/features/ledger/FilterBar";
import { LedgerCards } from "@/features/ledger/LedgerCards";
import { VerifyDialog } from "@/features/ledger/VerifyDialog";
import { Empty, Failure, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./ledger.module.css";

const LedgerGrid = lazy(() => import("@/features/ledger/LedgerGrid"));

const ROWS = { grid: 200, cards: 50 };

/** The filter's own part of the address: opening a dialog must not read the ledger again. */
const DIALOGS = ["verify"];

function useFilter() {
  const [search, setSearch] = useSearchParams();
  const key = new URLSearchParams([...search].filter(([name]) => !DIALOGS.includes(name))).toString();
  const filter = useMemo(() => filterOf(new URLSearchParams(key)), [key]);
  return { search, setSearch, filter, key };
}

/** How many rows are known so far, or why there are none. */
function useOutcome(key: string) {
  const [outcome, setOutcome] = useState<{ readonly key: string; readonly rows: number; readonly problem: Problem | null }>({ key, rows: -1, problem: null });
  const onRead = useCallback(
    (read: unknown) =>
      setOutcome((before) => {
        const known = before.key === key ? before.rows : -1;
        return typeof read === "number" ? { key, rows: Math.max(known, read), problem: null } : { key, rows: known, problem: problemOf(read) };
      }),
    [key],
  );
  return { outcome: outcome.key === key ? outcome : { key, rows: -1, problem: null }, onRead };
}

const NoEntries = ({ filtered, onClear }: { readonly filtered: boolean; readonly onClear: () => void }) =>
  filtered ? (
    <Empty
      title="No entry fits"
      action={
        <Button size="compact-sm" variant="default" onClick={onClear}>
          Show everything
        </Button>
      }
    >
      Nothing in the ledger fits this filter.
    </Empty>
  ) : (
    <Empty title="The ledger is empty">Connect an account: its history is recorded here, each entry chained to the one before.</Empty>
  );

export default function LedgerPage() {
  usePageTitle("Ledger");
  const { desk } = useServices();
  const { search, setSearch, filter, key } = useFilter();
  const accounts = valueOf(useAccountsEver().resource);
  const labels = useMemo(() => new Map((accounts ?? []).map(({ account_id, label }) => [account_id, label])), [accounts]);
  const isNarrow = useMediaQuery("(max-width: 700px)", false, { getInitialValueInEffect: false });
  const [entry, setEntry] = useState<Entry | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [fresh, setFresh] = useState(0);
  const onNews = useCallback((count: number) => setFresh((before) => before + Math.max(1, count)), []);
  const readAgain = () => {
    setFresh(0);
    setAttempt(attempt + 1);
  };
  const { outcome, onRead } = useOutcome(`${key}#${attempt}`);
  const limit = isNarrow ? ROWS.cards : ROWS.grid;
  const read = useCallback((cursor: string | null) => desk.ledger(filter, cursor, limit), [desk, filter, limit]);
  const dialog = (open: boolean) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (open) next.set("verify", "1");
        else next.delete("verify");
        return next;
      },
      { replace: true },
    );
  const table = isNarrow ? (
    <LedgerCards key={`${key}#${attempt}`} read={read} labels={labels} onOpen={setEntry} onNews={onNews} />
  ) : (
    <Suspense fallback={<TableSkeleton columns={12} />}>
      <LedgerGrid key={`${key}#${attempt}`} read={read} labels={labels} onOpen={setEntry} onRead={onRead} onNews={onNews} />
    </Suspense>
  );
  const actions = (
    <>
      {outcome.rows > 0 && (
        <span className={styles["dim"]}>
          <Count value={outcome.rows} /> read
        </span>
      )}
      {fresh > 0 && (
        <Button size="compact-xs" variant="light" onClick={readAgain} data-testid="ledger-news">
          Show {fresh} new
        </Button>
      )}
      <Button size="compact-xs" variant="default" onClick={readAgain}>
        Read again
      </Button>
      <Button size="compact-xs" variant="default" onClick={() => dialog(true)} data-testid="verify-chain">
        Verify the chain
      </Button>
    </>
  );
  return (
    <>
      <h1 className="hidden-text">Ledger</h1>
      <Panel title="Ledger" actions={actions} grow>
        <FilterBar search={search} onSearch={(next) => setSearch(next, { replace: true })} accounts={accounts ?? []} />
        {outcome.problem && <Failure fault={outcome.problem} title="Entries could not be read" onRetry={readAgain} />}
        {outcome.rows === 0 && !outcome.problem ? <NoEntries filtered={isFiltered(filter)} onClear={() => setSearch({})} /> : table}
      </Panel>
      <EntryDrawer entry={entry} label={entry ? (labels.get(entry.account_id) ?? entry.account_id) : ""} onClose={() => setEntry(null)} />
      <VerifyDialog opened={search.get("verify") === "1"} onClose={() => dialog(false)} accountId={search.get("account")} labels={labels} />
    </>
  );
}
