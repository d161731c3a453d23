/** Reads whole chains at the desk and says whether anything was altered. */
import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import type { ChainReport } from "@/core/contracts";
import { Age, Count } from "@/core/Figures";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import { Dialog } from "@/shared/Dialog";
import { Mark } from "@/shared/Mark";
import { Empty, Failure, TableSkeleton } from "@/shared/Panel";
import styles from "./ledger.module.css";

interface Outcome {
  readonly attempt: number;
  readonly report: ChainReport | null;
  readonly problem: Problem | null;
}

function useVerification(accountId: string | null) {
  const { desk } = useServices();
  const [attempt, setAttempt] = useState(0);
  const [outcome, setOutcome] = useState<Outcome>({ attempt: -1, report: null, problem: null });
  useEffect(() => {
    desk.verify(accountId ?? undefined).then(
      (report) => setOutcome({ attempt, report, problem: null }),
      (thrown: unknown) => setOutcome({ attempt, report: null, problem: problemOf(thrown) }),
    );
  }, [desk, accountId, attempt]);
  const { report, problem } = outcome.attempt === attempt ? outcome : { report: null, problem: null };
  return { report, problem, verify: () => setAttempt(attempt + 1) };
}

function Report({ report, labels }: { readonly report: ChainReport; readonly labels: ReadonlyMap<string, string> }) {
  return (
    <div data-testid="verify-report" data-ok={report.ok}>
      <p className={styles["verdict"]} data-ok={report.ok}>
        {report.ok ? "Nothing was altered: every hash follows from the one before." : "A chain is broken: an entry was altered, removed or inserted."}
      </p>
      <ul className={styles["chains"]}>
        {report.accounts.map(({ account_id, entries, head_hash, ok, first_broken_sequence, reason }) => (
          <li key={account_id}>
            <Mark tone={ok ? "good" : "bad"}>{ok ? "whole" : "broken"}</Mark>
            <strong>{labels.get(account_id) ?? account_id}</strong>
            <span>
              <Count value={entries} /> entries
            </span>
            {ok ? (
              <code title="Hash of the last entry">{head_hash}</code>
            ) : (
              <span>
                first at entry {first_broken_sequence}: {reason}
              </span>
            )}
          </li>
        ))}
      </ul>
      <p className={styles["dim"]}>
        <Age at={report.verified_at} prefix="verified " />
      </p>
    </div>
  );
}

function Body({ accountId, labels }: { readonly accountId: string | null; readonly labels: ReadonlyMap<string, string> }) {
  const { report, problem, verify } = useVerification(accountId);
  if (problem) return <Failure fault={problem} title="The chain could not be verified" onRetry={verify} />;
  if (!report) return <TableSkeleton rows={3} columns={3} />;
  if (report.accounts.length === 0) return <Empty title="There is no chain yet">It begins with the first entry of an account.</Empty>;
  return (
    <>
      <Report report={report} labels={labels} />
      <Button size="compact-sm" variant="default" onClick={verify}>
        Verify again
      </Button>
    </>
  );
}

interface VerifyDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly accountId: string | null;
  readonly labels: ReadonlyMap<string, string>;
}

export function VerifyDialog({ opened, onClose, accountId, labels }: VerifyDialogProps) {
  const of = accountId ? `of ${labels.get(accountId) ?? "an account"}` : "of every account";
  return (
    <Dialog opened={opened} onClose={onClose} title={`Verify the chain ${of}`} size={620}>
      <Body accountId={accountId} labels={labels} />
    </Dialog>
  );
}
