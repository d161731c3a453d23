/** Connects an account with a key and its secret; neither is kept in the page after it was sent. */
import { Button, NativeSelect, PasswordInput, Skeleton, TextInput } from "@mantine/core";
import { type SubmitEvent, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { adviceFor, wordsOfNeed } from "@/features/accounts/words";
import type { Venue } from "@/core/contracts";
import { newCorrelationId } from "@/core/http";
import { type Problem, problemOf } from "@/core/problems";
import { useVenues } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { Dialog } from "@/shared/Dialog";
import { Failure } from "@/shared/Panel";
import styles from "./accounts.module.css";

const LONGEST = { label: 80, key: 512, secret: 4096 };

function Refusal({ problem }: { readonly problem: Problem }) {
  const advice = adviceFor(problem.code);
  return (
    <div role="alert" className={styles["refusal"]} data-testid="connect-error" data-code={problem.code}>
      <strong>{problem.detail}</strong>
      {advice && <p>{advice}</p>}
      {problem.errors.map(({ path, message }) => (
        <p key={path}>
          {path}: {message}
        </p>
      ))}
      <p className={styles["codes"]}>
        <code>{problem.code}</code> <code>{problem.correlationId}</code>
      </p>
    </div>
  );
}

function ConnectForm({ venues, onDone }: { readonly venues: readonly Venue[]; readonly onDone: (accountId: string) => void }) {
  const { desk, resources } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [chosen, setChosen] = useState(venues[0]?.venue);
  const [key, secret] = (venues.find(({ venue }) => venue === chosen)?.needs ?? []).map(wordsOfNeed);
  /** One attempt, one key: sending the same form twice (a lost answer) can't connect twice. */
  const attempt = useRef(newCorrelationId());
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string) => (fields.get(name) as string).trim();
    setBusy(true);
    setProblem(null);
    desk
      .connect({ venue: text("venue"), label: text("label"), key: text("key"), secret: text("secret") }, attempt.current)
      .then((account) => {
        for (const prefix of ["accounts", "portfolio"]) resources.refresh(prefix);
        onDone(account.account_id);
      })
      .catch((thrown: unknown) => {
        const refused = problemOf(thrown);
        setProblem(refused);
        if (!refused.isOutage) attempt.current = newCorrelationId();
      })
      .finally(() => setBusy(false));
  };
  const renew = () => (attempt.current = newCorrelationId());
  return (
    <form onSubmit={onSubmit} onChange={renew} className={styles["form"]} data-testid="connect-form">
      <NativeSelect
        label="Venue"
        name="venue"
        required
        data={venues.map(({ venue, name }) => ({ value: venue, label: name }))}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
      <TextInput label="Name" name="label" description="What you call this account" required maxLength={LONGEST.label} data-autofocus />
      <TextInput {...key} name="key" required maxLength={LONGEST.key} autoComplete="off" spellCheck={false} classNames={{ input: styles["mono"] ?? "" }} />
      <PasswordInput
        {...secret}
        name="secret"
        required
        maxLength={LONGEST.secret}
        autoComplete="off"
        visibilityToggleButtonProps={{ "aria-label": "Show the secret", tabIndex: 0 }}
      />
      <p className={styles["hint"]}>
        Make a key that may read, and nothing more, at the venue. A key that may withdraw is refused. The secret is sealed at once and only the gateway
        that talks to the venue can open it again.
      </p>
      {problem && <Refusal problem={problem} />}
      <Button type="submit" loading={isBusy}>
        Check the key and connect
      </Button>
    </form>
  );
}

export function ConnectDialog({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const navigate = useNavigate();
  const { resource, reload } = useVenues();
  const venues = valueOf(resource);
  const problem = problemIn(resource);
  return (
    <Dialog opened={opened} onClose={onClose} title="Connect an account" size={440}>
      {venues ? (
        <ConnectForm venues={venues} onDone={(accountId) => void navigate(`/accounts/${accountId}/import`)} />
      ) : problem ? (
        <Failure fault={problem} onRetry={() => void reload()} />
      ) : (
        <Skeleton height={280} />
      )}
    </Dialog>
  );
}
