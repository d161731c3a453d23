/** One doubt whole: why it is one, what is known of it, what mends it, and what happened to it. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { useBooks, useFinding } from "@/core/books";
import type { FindingDetail } from "@/core/books_contracts";
import { Amount, Instant, Value } from "@/core/Figures";
import { type Problem, problemOf } from "@/core/problems";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { Details } from "@/features/inbox/Details";
import { RepairForm } from "@/features/inbox/RepairForm";
import { byWords, CAUSE, stepWords } from "@/features/inbox/words";
import { SideDialog } from "@/shared/Dialog";
import { Failure, TableSkeleton } from "@/shared/Panel";
import styles from "./inbox.module.css";

function History({ events }: { readonly events: FindingDetail["events"] }) {
  return (
    <section className={styles["history"]} aria-label="What happened">
      <h3>What happened</h3>
      <ol>
        {events.map(({ at, what, by, note }, place) => (
          <li key={place}>
            <Instant at={at} /> {stepWords(what)}, by {byWords(by)}
            {note && <q>{note}</q>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Settled({ finding, onChanged }: { readonly finding: FindingDetail; readonly onChanged: () => void }) {
  const books = useBooks();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  if (!finding.settlement) return null;
  const undo = () => {
    setBusy(true);
    books
      .undo(finding.finding_id, "")
      .then(onChanged, (thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  return (
    <section className={styles["settled"]} aria-label="How it ended">
      <p>
        {stepWords(finding.settlement.action)}, by {byWords(finding.settlement.by)}, <Instant at={finding.settlement.at} />.
      </p>
      {problem && <Failure fault={problem} title="It could not be taken back" />}
      {finding.settlement.undoable && (
        <Button size="compact-sm" variant="default" loading={isBusy} onClick={undo}>
          Take it back
        </Button>
      )}
    </section>
  );
}

function Body({ finding, label, onChanged }: { readonly finding: FindingDetail; readonly label: string; readonly onChanged: () => void }) {
  const { at_stake: stake } = finding;
  return (
    <div className={styles["detail"]} data-testid="finding-detail">
      <p>{CAUSE[finding.cause].why}</p>
      <dl className={styles["facts"]}>
        <div>
          <dt>Account</dt>
          <dd>{label}</dd>
        </div>
        {stake && (
          <div>
            <dt>At stake</dt>
            <dd>
              <Amount value={stake.amount} asset={stake.asset} /> {finding.value && <span className={styles["dim"]}>≈ <Value value={finding.value} unit /></span>}
            </dd>
          </div>
        )}
        {finding.occurred_at && (
          <div>
            <dt>Happened</dt>
            <dd>
              <Instant at={finding.occurred_at} />
            </dd>
          </div>
        )}
        <Details finding={finding} />
      </dl>
      <Settled finding={finding} onChanged={onChanged} />
      {finding.actions.length > 0 && <RepairForm key={finding.changed_at} finding={finding} onDone={onChanged} />}
      <History events={finding.events} />
    </div>
  );
}

function Loaded({ findingId, labels }: { readonly findingId: string; readonly labels: ReadonlyMap<string, string> }) {
  const { resource, reload } = useFinding(findingId);
  const { resources } = useServices();
  const finding = valueOf(resource);
  const problem = problemIn(resource);
  const changed = () => {
    for (const prefix of ["inbox/", "reconciliation/", "portfolio"]) resources.refresh(prefix);
  };
  if (finding) return <Body finding={finding} label={labels.get(finding.account_id ?? "") ?? "—"} onChanged={changed} />;
  return problem ? <Failure fault={problem} title="This doubt could not be shown" onRetry={() => void reload()} /> : <TableSkeleton rows={6} columns={2} />;
}

export function FindingDrawer({ findingId, labels, onClose }: { readonly findingId: string | null; readonly labels: ReadonlyMap<string, string>; readonly onClose: () => void }) {
  return (
    <SideDialog opened={findingId !== null} onClose={onClose} size={520} title="A doubt about the books">
      {findingId && <Loaded key={findingId} findingId={findingId} labels={labels} />}
    </SideDialog>
  );
}
