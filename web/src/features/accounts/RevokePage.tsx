/** Revoking every key, for real or as a drill, with a stopwatch. */
import { useAbility } from "@casl/react";
import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { type SubmitEvent, useEffect, useState } from "react";
import { Link } from "react-router";
import { Age, Count } from "@/core/Figures";
import { type RevokeMode, useKeyDrills, useKeysDesk } from "@/core/keys";
import type { KeyDrill, Revocation, RevokedKey } from "@/core/keys_contracts";
import type { Permissions } from "@/core/permissions";
import { type Problem, problemOf } from "@/core/problems";
import { useAccounts, usePageTitle } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { fateOf, STEP_WORDS, stopwatchText } from "@/features/accounts/keyWords";
import { venueName } from "@/features/accounts/words";
import { Mark } from "@/shared/Mark";
import { Empty, Failure, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./keys.module.css";

const WORDS: Readonly<Record<RevokeMode, string>> = { drill: "DRILL", real: "REVOKE ALL KEYS" };
const TICK_MS = 100;

/** Milliseconds since it began to run; stands still otherwise. */
function useStopwatch(isRunning: boolean): number {
  const [elapsedMs, setElapsedMs] = useState(0);
  useEffect(() => {
    if (!isRunning) return undefined;
    const startedMs = performance.now();
    const timer = setInterval(() => setElapsedMs(performance.now() - startedMs), TICK_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return elapsedMs;
}

function Consequences({ mode, keys }: { readonly mode: RevokeMode; readonly keys: number }) {
  if (mode === "drill") {
    return (
      <ul className={styles["consequences"]}>
        <li>
          Each of the {keys} sealed keys is taken out and put back, one after another, in the way the real thing does it.
        </li>
        <li>Nothing stays changed: trading, streams and imports go on.</li>
        <li>You see how long it takes, and where at each venue you would delete the key.</li>
      </ul>
    );
  }
  return (
    <ul className={styles["consequences"]}>
      <li>Trading is halted by the kill switch, and open orders are cancelled while there are keys to do it with.</li>
      <li>
        <strong>All {keys} sealed keys are destroyed. There is no way back</strong>: each account needs a new key.
      </li>
      <li>Live streams and running imports stop. Ledgers and history stay whole.</li>
      <li>At the venues the keys live until you delete them there; the list below will lead you.</li>
    </ul>
  );
}

function Key({ revoked, mode }: { readonly revoked: RevokedKey; readonly mode: RevokeMode }) {
  const { word, tone } = fateOf(revoked, mode);
  return (
    <tr data-testid="revoked-key">
      <th scope="row" className={styles["name"]}>
        {revoked.label || "an account that is gone"} <span className={styles["venue"]}>{venueName(revoked.venue)}</span>
      </th>
      <td>
        <code className={styles["id"]}>{revoked.key_hint ? `…${revoked.key_hint}` : ""}</code>
      </td>
      <td>
        <Mark tone={tone}>{word}</Mark>
      </td>
      <td className={styles["number"]}>{revoked.took_ms.toFixed(1)} ms</td>
      <td className={styles["path"]}>
        {revoked.delete_at && (
          <>
            <a href={revoked.delete_at.url}>Delete it at {venueName(revoked.venue)}</a> <span className={styles["dim"]}>{revoked.delete_at.path}</span>
          </>
        )}
      </td>
    </tr>
  );
}

function Outcome({ revocation: { drill, steps, keys } }: { readonly revocation: Revocation }) {
  return (
    <Panel title={drill.mode === "drill" ? "What the drill showed" : "What was revoked"} grow testId="revocation">
      <ul className={styles["steps"]}>
        {steps.map(({ name, took_ms, code }) => (
          <li key={name}>
            <Mark tone={code ? "bad" : "good"}>{code ?? "done"}</Mark> {STEP_WORDS[name] ?? name} <span className={styles["dim"]}>{took_ms.toFixed(0)} ms</span>
          </li>
        ))}
      </ul>
      <div className={styles["scroll"]}>
        <table className={styles["table"]}>
          <thead>
            <tr>
              <th>Account</th>
              <th>Key</th>
              <th>Sealed copy</th>
              <th className={styles["number"]}>Took</th>
              <th>At the venue</th>
            </tr>
          </thead>
          <tbody>
            {keys.map((revoked) => (
              <Key key={revoked.account_id} revoked={revoked} mode={drill.mode} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Past({ drills }: { readonly drills: readonly KeyDrill[] }) {
  if (drills.length === 0) return <Empty title="Never rehearsed">Who has walked this way once walks it in seconds when it matters.</Empty>;
  return (
    <ul className={styles["steps"]} data-testid="drills">
      {drills.map((drill) => (
        <li key={drill.drill_id}>
          <Mark tone={drill.mode === "real" ? "bad" : "plain"}>{drill.mode === "real" ? "revoked" : "drill"}</Mark> <Age at={drill.started_at} /> <Count value={drill.keys} /> keys in{" "}
          {stopwatchText(drill.took_ms)}
        </li>
      ))}
    </ul>
  );
}

interface Running {
  readonly mode: RevokeMode;
  readonly revocation: Revocation | null;
  readonly problem: Problem | null;
  readonly isBusy: boolean;
}

function useRevoke() {
  const keys = useKeysDesk();
  const { resources } = useServices();
  const [state, setState] = useState<Running>({ mode: "drill", revocation: null, problem: null, isBusy: false });
  const run = (mode: RevokeMode, confirmation: string) => {
    setState({ mode, revocation: null, problem: null, isBusy: true });
    keys
      .revokeAll(mode, confirmation)
      .then((revocation) => setState({ mode, revocation, problem: null, isBusy: false }))
      .catch((thrown: unknown) => setState({ mode, revocation: null, problem: problemOf(thrown), isBusy: false }))
      .finally(() => {
        for (const prefix of ["key-drills", "key", "accounts", "halts"]) resources.refresh(prefix);
      });
  };
  return { ...state, run };
}

function Confirm({ keys, revoke }: { readonly keys: number; readonly revoke: ReturnType<typeof useRevoke> }) {
  const [mode, setMode] = useState<RevokeMode>("drill");
  const [typed, setTyped] = useState("");
  const elapsedMs = useStopwatch(revoke.isBusy);
  const shownMs = revoke.revocation && !revoke.isBusy ? revoke.revocation.drill.took_ms : elapsedMs;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    setTyped("");
    revoke.run(mode, WORDS[mode]);
  };
  return (
    <form onSubmit={onSubmit} className={styles["confirm"]} data-testid="revoke-form">
      <div className={styles["watch"]} role="timer" aria-label="Stopwatch" data-testid="stopwatch">
        {stopwatchText(shownMs)}
      </div>
      <SegmentedControl
        value={mode}
        onChange={setMode}
        data={[
          { value: "drill", label: "Drill" },
          { value: "real", label: "For real" },
        ]}
        aria-label="Drill or for real"
      />
      <Consequences mode={mode} keys={keys} />
      <TextInput label={`Type “${WORDS[mode]}” to go on`} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} autoComplete="off" />
      <Button type="submit" color={mode === "real" ? "red" : "blue"} disabled={typed.trim() !== WORDS[mode]} loading={revoke.isBusy}>
        {mode === "real" ? `Destroy all ${keys} keys` : "Walk the way"}
      </Button>
      {revoke.problem && <Failure fault={revoke.problem} title={revoke.mode === "real" ? "It is not certain what is destroyed: try again" : "The drill did not end"} />}
    </form>
  );
}

export default function RevokePage() {
  usePageTitle("Revoke all keys");
  const accounts = useAccounts();
  const drills = useKeyDrills();
  const revoke = useRevoke();
  const may = useAbility<Permissions>().can("delete", "Account");
  const keys = valueOf(accounts.resource)?.filter(({ state }) => state === "active" || state === "failing").length;
  const problem = problemIn(accounts.resource);
  const past = valueOf(drills.resource);
  const unseen = problemIn(drills.resource);
  return (
    <div className={styles["page"]}>
      <h1 className="hidden-text">Revoke all keys</h1>
      <div className={styles["columns"]}>
        <Panel title="Revoke all keys" actions={<Link to="/accounts">All accounts</Link>}>
          {keys === undefined && (problem ? <Failure fault={problem} onRetry={() => void accounts.reload()} /> : <TableSkeleton rows={5} columns={2} />)}
          {keys !== undefined && !may && <Empty title="Your role may not revoke keys">Ask the owner of the desk.</Empty>}
          {keys !== undefined && may && <Confirm keys={keys} revoke={revoke} />}
        </Panel>
        <Panel title="Before">
          {past ? <Past drills={past} /> : unseen ? <Failure fault={unseen} onRetry={() => void drills.reload()} /> : <TableSkeleton rows={3} columns={2} />}
        </Panel>
      </div>
      {revoke.revocation && <Outcome revocation={revoke.revocation} />}
    </div>
  );
}
