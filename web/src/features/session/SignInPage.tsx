/** The door: e-mail and password. */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { type Problem, problemOf } from "@/core/problems";
import { usePageTitle } from "@/core/queries";
import { useServices } from "@/core/services";
import { Logo } from "@/shared/Logo";
import styles from "./SignInPage.module.css";

const REASONS = {
  never: null,
  left: "You have signed out.",
  ended: "Your session has ended. Sign in to go on where you were.",
} as const;

/** Errors that say nothing about why: which of both was wrong is nobody's business. */
const detailOf = (problem: Problem) => (problem.status === 401 ? "E-mail or password is wrong." : problem.detail);

function Refusal({ problem }: { readonly problem: Problem }) {
  return (
    <div role="alert" className={styles["refusal"]} data-testid="sign-in-error">
      {detailOf(problem)}
      <span className={styles["codes"]}>
        <code>{problem.code}</code> <code>{problem.correlationId}</code>
      </span>
    </div>
  );
}

export default function SignInPage({ reason }: { readonly reason: keyof typeof REASONS }) {
  const { session } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  usePageTitle("Sign in");
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(null);
    const text = (name: string) => fields.get(name) as string;
    session
      .signIn(text("email").trim(), text("password"))
      .catch((thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  return (
    <main className={styles["page"]}>
      <form className={styles["form"]} onSubmit={onSubmit} aria-labelledby="sign-in" data-testid="sign-in-form">
        <div className={styles["brand"]}>
          <Logo size={26} />
          <h1 id="sign-in">Sign in to Nightdesk</h1>
        </div>
        {REASONS[reason] && <p role="status">{REASONS[reason]}</p>}
        <TextInput label="E-mail" name="email" type="email" autoComplete="username" required autoFocus />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          visibilityToggleButtonProps={{ "aria-label": "Show the password", tabIndex: 0 }}
        />
        {problem && <Refusal problem={problem} />}
        <Button type="submit" loading={isBusy} fullWidth>
          Sign in
        </Button>
      </form>
    </main>
  );
}
