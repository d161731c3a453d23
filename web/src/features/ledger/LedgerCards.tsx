/** The ledger on a phone: one page of cards at a time, so that the page stays light however long the ledger is. */
import { Button } from "@mantine/core";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Entry } from "@/core/contracts";
import { Amount, Instant } from "@/core/Figures";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import { What } from "@/features/ledger/cells";
import { sidesOf } from "@/features/ledger/legs";
import { followNews } from "@/features/ledger/news";
import { LedgerPages, type NumberedPage, type ReadPage } from "@/features/ledger/pages";
import { Failure, TableSkeleton } from "@/shared/Panel";
import styles from "./ledger.module.css";

function Card({ entry, label, onOpen }: { readonly entry: Entry; readonly label: string; readonly onOpen: () => void }) {
  const { main, quote, fees } = sidesOf(entry);
  const legs = [main, quote, ...fees].filter((leg) => leg !== null);
  return (
    <li>
      <button type="button" className={styles["card"]} onClick={onOpen}>
        <span className={styles["cardHead"]}>
          <What entry={entry} />
          <span>{entry.instrument ?? main?.asset}</span>
          <span className={styles["dim"]}>{label}</span>
        </span>
        <span className={styles["dim"]}>
          <Instant at={entry.occurred_at} />
        </span>
        {legs.map((leg, at) => (
          <span key={at} className={styles["cardLeg"]}>
            <span className={styles["dim"]}>{leg.role}</span>
            <Amount value={leg.amount} asset={leg.asset} signed toned={leg === main} />
          </span>
        ))}
      </button>
    </li>
  );
}

interface LedgerCardsProps {
  readonly read: ReadPage;
  readonly labels: ReadonlyMap<string, string>;
  readonly onOpen: (entry: Entry) => void;
  /** Told how many entries are new while another page than the first is shown. */
  readonly onNews: (count: number) => void;
}

function usePage(read: ReadPage, index: number) {
  const pages = useMemo(() => new LedgerPages(read), [read]);
  const [page, setPage] = useState<NumberedPage | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    pages.page(index).then(
      (loaded) => isCurrent && (setPage(loaded), setProblem(null)),
      (thrown: unknown) => isCurrent && setProblem(problemOf(thrown)),
    );
    return () => {
      isCurrent = false;
    };
  }, [pages, index, attempt]);
  return { page, problem, retry: () => setAttempt(attempt + 1), again: useCallback(() => (pages.forget(), setAttempt((before) => before + 1)), [pages]) };
}

export function LedgerCards({ read, labels, onOpen, onNews }: LedgerCardsProps) {
  const [index, setIndex] = useState(0);
  const { page, problem, retry, again } = usePage(read, index);
  const { ledger } = useServices();
  useEffect(() => followNews(ledger, (count) => (index === 0 ? again() : onNews(count))), [ledger, index, again, onNews]);
  if (problem) return <Failure fault={problem} title="The entries could not be shown" onRetry={retry} />;
  if (!page) return <TableSkeleton columns={3} />;
  return (
    <>
      <ul className={styles["cards"]} data-testid="ledger-cards">
        {page.items.map((entry) => (
          <Card key={entry.entry_id} entry={entry} label={labels.get(entry.account_id) ?? ""} onOpen={() => onOpen(entry)} />
        ))}
      </ul>
      <div className={styles["turn"]}>
        <Button variant="default" disabled={index === 0} onClick={() => setIndex(index - 1)}>
          Newer
        </Button>
        <span>Page {index + 1}</span>
        <Button variant="default" disabled={page.isLast} onClick={() => setIndex(index + 1)}>
          Older
        </Button>
      </div>
    </>
  );
}
