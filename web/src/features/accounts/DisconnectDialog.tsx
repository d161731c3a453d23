/** Says exactly what disconnecting does, and asks once, in words. */
import { Button, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import type { Account } from "@/core/contracts";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import { Dialog } from "@/shared/Dialog";
import { Failure } from "@/shared/Panel";
import styles from "./accounts.module.css";

const WORD = "disconnect";

function DisconnectForm({ account, onClose }: { readonly account: Account; readonly onClose: () => void }) {
  const { desk, resources, notices } = useServices();
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    desk
      .disconnect(account.account_id)
      .then(() => {
        notices.say(`${account.label} is disconnected.`);
        for (const prefix of ["accounts", "portfolio"]) resources.refresh(prefix);
        onClose();
      })
      .catch((thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  return (
    <form onSubmit={onSubmit} className={styles["form"]} data-testid="disconnect-form">
      <ul className={styles["consequences"]}>
        <li>
          The sealed key{account.key_hint ? ` ending in ${account.key_hint}` : ""} is destroyed. The key itself stays at {account.venue} until you remove it there.
        </li>
        <li>Its balances are refreshed no more, and a running import stops.</li>
        <li>Its entries stay in the ledger: nothing that happened is forgotten.</li>
      </ul>
      <TextInput label={`Type “${WORD}” to go on`} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} data-autofocus autoComplete="off" />
      {problem && <Failure fault={problem} title="Not disconnected" />}
      <Button type="submit" color="red" disabled={typed.trim().toLowerCase() !== WORD} loading={isBusy}>
        Disconnect {account.label}
      </Button>
    </form>
  );
}

export function DisconnectDialog({ account, onClose }: { readonly account: Account | null; readonly onClose: () => void }) {
  return (
    <Dialog opened={account !== null} onClose={onClose} title={`Disconnect ${account?.label ?? ""}?`} size={440}>
      {account && <DisconnectForm account={account} onClose={onClose} />}
    </Dialog>
  );
}
