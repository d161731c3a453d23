/** Chooses a repair, shows what it would append, and does it. */
import { Button, Radio, Textarea, TextInput } from "@mantine/core";
import { type SubmitEvent, useEffect, useState } from "react";
import { type Repair, useBooks } from "@/core/books";
import type { Action, FindingDetail, Movement, Repaired } from "@/core/books_contracts";
import { useDisplay } from "@/core/display";
import { Amount, Instant } from "@/core/Figures";
import { type Problem, problemOf } from "@/core/problems";
import { ACTION, movementOf, quantityOf } from "@/features/inbox/words";
import { instantOf, localOf } from "@/shared/zoned";
import { Failure, TableSkeleton } from "@/shared/Panel";
import styles from "./inbox.module.css";

const SIZED = new Set<Action>(["record_deposit", "record_withdrawal", "opening_lot"]);
const NEEDS_NO_NOTE = new Set<Action>(["reimport", "accept_told", "link_transfer"]);

function Candidates({ movementId, chosen, onChoose }: { readonly movementId: string; readonly chosen: string; readonly onChoose: (id: string) => void }) {
  const books = useBooks();
  const [found, setFound] = useState<readonly Movement[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    let isCurrent = true;
    books.candidates(movementId).then(
      (items) => isCurrent && setFound(items),
      (thrown: unknown) => isCurrent && setProblem(problemOf(thrown)),
    );
    return () => {
      isCurrent = false;
    };
  }, [books, movementId]);
  if (problem) return <Failure fault={problem} title="Candidates could not be shown" />;
  if (!found) return <TableSkeleton rows={3} columns={2} />;
  if (found.length === 0) return <p className={styles["dim"]}>No movement of another account could be the other side.</p>;
  return (
    <Radio.Group label="The other side" value={chosen} onChange={onChoose}>
      {found.map(({ movement_id, amount, asset, at }) => (
        <Radio
          key={movement_id}
          value={movement_id}
          label={
            <>
              <Amount value={amount} asset={asset} signed /> <Instant at={at} />
            </>
          }
        />
      ))}
    </Radio.Group>
  );
}

function Preview({ repaired }: { readonly repaired: Repaired }) {
  if (repaired.entries.length === 0) return <p data-testid="repair-preview">Nothing is booked.</p>;
  return (
    <div className={styles["preview"]} data-testid="repair-preview">
      <strong>This is appended:</strong>
      <ul>
        {repaired.entries.map(({ kind, occurred_at, legs }, place) => (
          <li key={place}>
            {kind}, <Instant at={occurred_at} />:{" "}
            {legs.map(({ asset, amount }, leg) => (
              <Amount key={leg} value={amount} asset={asset} signed />
            ))}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Fields({ action, finding }: { readonly action: Action; readonly finding: FindingDetail }) {
  const { zone, masked } = useDisplay();
  if (!SIZED.has(action)) return null;
  return (
    <>
      <TextInput label={`Amount in ${finding.asset ?? "the asset"}`} name="amount" type={masked ? "password" : "text"} autoComplete="off" inputMode="decimal" defaultValue={quantityOf(finding)} pattern="[0-9]+(\.[0-9]+)?" required />
      <TextInput label={`When (${zone})`} name="occurred_at" type="datetime-local" step="1" defaultValue={localOf(finding.occurred_at ?? "", zone)} required={!finding.occurred_at} />
      {action === "opening_lot" && (
        <div className={styles["cost"]}>
          <TextInput label="It had cost" name="cost_amount" inputMode="decimal" pattern="[0-9]+(\.[0-9]+)?" required />
          <TextInput label="Of" name="cost_asset" defaultValue="USDT" required />
        </div>
      )}
    </>
  );
}

/** What the form says; an instant that was left as it is stays exact. */
function repairOf(action: Action, form: HTMLFormElement, finding: FindingDetail, other: string, zone: string): Repair {
  const fields = new FormData(form);
  const text = (name: string) => ((fields.get(name) as string | null) ?? "").trim();
  const at = text("occurred_at");
  const isKept = at === localOf(finding.occurred_at ?? "", zone);
  return {
    action,
    note: text("note"),
    amount: text("amount") || null,
    occurred_at: at && !isKept ? instantOf(at, zone) : null,
    cost_amount: text("cost_amount") || null,
    cost_asset: text("cost_asset").toUpperCase() || null,
    movement_ids: action === "link_transfer" && other ? [other] : [],
  };
}

export function RepairForm({ finding, onDone }: { readonly finding: FindingDetail; readonly onDone: () => void }) {
  const books = useBooks();
  const { zone } = useDisplay();
  const [action, setAction] = useState<Action>(finding.actions[0] ?? "dismiss");
  const [other, setOther] = useState("");
  const [preview, setPreview] = useState<{ readonly repair: Repair; readonly repaired: Repaired } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const movement = movementOf(finding);
  const run = (work: Promise<void>) => {
    setBusy(true);
    setProblem(null);
    work.catch((thrown: unknown) => setProblem(problemOf(thrown))).finally(() => setBusy(false));
  };
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const repair = repairOf(action, event.currentTarget, finding, other, zone);
    run(books.preview(finding.finding_id, repair).then((repaired) => setPreview({ repair, repaired })));
  };
  const confirm = () => preview && run(books.repair(finding.finding_id, preview.repair).then(onDone));
  return (
    <form onSubmit={onSubmit} onChange={() => setPreview(null)} className={styles["form"]} data-testid="repair">
      <Radio.Group label="What mends it" value={action} onChange={setAction}>
        {finding.actions.map((each) => (
          <Radio key={each} value={each} label={ACTION[each].name} description={ACTION[each].what} />
        ))}
      </Radio.Group>
      <Fields key={action} action={action} finding={finding} />
      {action === "link_transfer" && movement && <Candidates movementId={movement} chosen={other} onChoose={setOther} />}
      {action !== "reimport" && <Textarea label={action === "dismiss" ? "Why" : "Evidence"} name="note" maxLength={2000} required={!NEEDS_NO_NOTE.has(action)} rows={3} />}
      {problem && <Failure fault={problem} title="This could not be done" />}
      {preview && <Preview repaired={preview.repaired} />}
      <div className={styles["buttons"]}>
        {preview ? (
          <Button loading={isBusy} onClick={confirm}>
            {ACTION[action].name}
          </Button>
        ) : (
          <Button type="submit" variant="default" loading={isBusy} disabled={action === "link_transfer" && !other}>
            Show what it would do
          </Button>
        )}
      </div>
    </form>
  );
}
