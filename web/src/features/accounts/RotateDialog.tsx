/** Puts another key in the place of an account's; neither part stays in the page after it was sent. */
import { Button, Checkbox, PasswordInput, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import type { Account } from "@/core/contracts";
import { type Problem, problemOf } from "@/core/problems";
import { useVenues } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { useKeysDesk } from "@/core/keys";
import { useServices } from "@/core/services";
import { adviceFor, venueName, wordsOfNeed } from "@/features/accounts/words";
import { CODE_ADVICE } from "@/features/accounts/keyWords";
import { Dialog } from "@/shared/Dialog";
import { type Fault, Failure } from "@/shared/Panel";
import styles from "./keys.module.css";

export type Rotated = Pick<Account, "account_id" | "venue" | "label" | "key_hint">;

const LONGEST = { key: 512, secret: 4096 };

function faultOf({ code, correlationId, detail }: Problem): Fault {
  const advice = CODE_ADVICE[code] ?? adviceFor(code);
  return { code, correlationId, detail: advice ? `${detail} ${advice}` : detail };
}

function RotateForm({ account, onClose }: { readonly account: Rotated; readonly onClose: () => void }) {
  const keys = useKeysDesk();
  const { resources, notices } = useServices();
  const venues = valueOf(useVenues().resource);
  const needs = venues?.find(({ venue }) => venue === account.venue)?.needs ?? ["key", "secret"];
  const [key, secret] = needs.map(wordsOfNeed);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [confirmed, setConfirmed] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const isUnsure = problem?.code === "accounts.key_owner_unknown";
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string) => (fields.get(name) as string).trim();
    setBusy(true);
    keys
      .rotate(account.account_id, { key: text("key"), secret: text("secret"), confirmed })
      .then(() => {
        notices.say(`${account.label} has another key. Delete the old one at ${venueName(account.venue)}.`);
        for (const prefix of ["accounts", "key"]) resources.refresh(prefix);
        onClose();
      })
      .catch((thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  return (
    <form onSubmit={onSubmit} className={styles["form"]} data-testid="rotate-form">
      <ul className={styles["consequences"]}>
        <li>The new key is checked first: it must belong to the same account, and must not be able to withdraw.</li>
        <li>
          The sealed key{account.key_hint ? ` ending in ${account.key_hint}` : ""} is destroyed in the same moment. At {venueName(account.venue)} it lives until you delete it
          there.
        </li>
        <li>History, a running import, the live stream and open orders go on with the new key.</li>
      </ul>
      <TextInput {...key} name="key" required maxLength={LONGEST.key} autoComplete="off" spellCheck={false} data-autofocus />
      <PasswordInput {...secret} name="secret" required maxLength={LONGEST.secret} autoComplete="off" visibilityToggleButtonProps={{ "aria-label": "Show the secret", tabIndex: 0 }} />
      {problem && <Failure fault={faultOf(problem)} title="The key was not changed" />}
      {isUnsure && <Checkbox label="It is a key of the same account" checked={confirmed} onChange={(event) => setConfirmed(event.currentTarget.checked)} />}
      <Button type="submit" loading={isBusy}>
        Check the key and put it in
      </Button>
    </form>
  );
}

export function RotateDialog({ account, onClose }: { readonly account: Rotated | null; readonly onClose: () => void }) {
  return (
    <Dialog opened={account !== null} onClose={onClose} title={`Another key for ${account?.label ?? "the account"}`} size={460}>
      {account && <RotateForm account={account} onClose={onClose} />}
    </Dialog>
  );
}
