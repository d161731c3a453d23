/** Every import that runs, side by side: how far it is, when it ends, and what it brought so far. */
import { Link } from "react-router";
import type { Account, AccountValue, ImportProgress } from "@/core/contracts";
import { Count, Value } from "@/core/Figures";
import { isOpen } from "@/core/imports";
import { useAccounts, usePageTitle, usePortfolio } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { percentDone, ProgressBar } from "@/features/accounts/ProgressBar";
import { IMPORT_STATES, venueName } from "@/features/accounts/words";
import { durationText } from "@/shared/instants";
import { Mark } from "@/shared/Mark";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./accounts.module.css";

interface Running {
  readonly account: Account;
  readonly progress: ImportProgress;
}

const leftOf = ({ state, eta_s }: ImportProgress): string => {
  if (state === "queued") return "waits for its turn";
  if (eta_s === null) return "being measured";
  return eta_s < 1 ? "nearly there" : durationText(eta_s);
};

/** All of them are done when the slowest is. */
export function allLeft(running: readonly Running[]): string | null {
  const open = running.filter(({ progress }) => isOpen(progress));
  const known = open.map(({ progress }) => progress.eta_s).filter((eta): eta is number => eta !== null);
  return open.length === 0 || known.length < open.length ? null : durationText(Math.max(...known));
}

function Row({ running: { account, progress }, worth }: { readonly running: Running; readonly worth: AccountValue | undefined }) {
  const { tone, word } = IMPORT_STATES[progress.state];
  return (
    <tr data-testid="importing" data-state={progress.state}>
      <th scope="row" className={styles["name"]}>
        <Link to={`/accounts/${account.account_id}/import`}>{account.label}</Link>
        <span className={styles["venue"]}>{venueName(account.venue)}</span>
      </th>
      <td data-name="State">
        <Mark tone={progress.error_code && isOpen(progress) ? "warn" : tone} title={progress.error_message ?? word}>
          {progress.error_code && isOpen(progress) ? "waits" : word}
        </Mark>
      </td>
      <td data-name="Progress" className={styles["wide"]}>
        <span className={styles["inRow"]}>
          <ProgressBar progress={progress} label={`Import of ${account.label}`} />
          <span className={styles["percentCell"]}>{percentDone(progress).toFixed(1)} %</span>
        </span>
      </td>
      <td data-name="To go">{isOpen(progress) ? leftOf(progress) : "—"}</td>
      <td className={styles["number"]} data-name="Streams">
        {progress.streams_done} of {progress.streams_total || "?"}
      </td>
      <td className={styles["number"]} data-name="Recorded">
        <Count value={progress.rows_recorded} />
      </td>
      <td className={styles["number"]} data-name="Aside">
        <Count value={progress.rows_skipped} />
      </td>
      <td className={styles["number"]} data-name="Worth so far">
        <Value value={worth?.value ?? null} why="Nothing with a price yet" />
      </td>
      <td data-name="Now" className={styles["dim"]}>
        {progress.stage ?? ""}
      </td>
    </tr>
  );
}

function useRunning(accounts: readonly Account[] | null): readonly Running[] {
  const known = useStore(useServices().imports.store);
  const all = (accounts ?? []).flatMap((account) => {
    const progress = known.get(account.account_id) ?? account.import;
    return progress ? [{ account, progress }] : [];
  });
  const open = all.filter(({ progress }) => isOpen(progress));
  const ended = all.filter(({ progress }) => !isOpen(progress)).sort((one, other) => (other.progress.finished_at ?? "").localeCompare(one.progress.finished_at ?? ""));
  return [...open, ...ended];
}

function Table({ rows, worths, isStale }: { readonly rows: readonly Running[]; readonly worths: readonly AccountValue[]; readonly isStale: boolean }) {
  return (
    <div className={`${styles["scroll"]} ${isStale ? "quiet" : ""}`}>
      <table className={styles["table"]} data-testid="importing-table">
        <thead>
          <tr>
            <th>Account</th>
            <th>State</th>
            <th>Progress</th>
            <th>To go</th>
            <th className={styles["number"]}>Streams</th>
            <th className={styles["number"]}>Recorded</th>
            <th className={styles["number"]}>Aside</th>
            <th className={styles["number"]}>Worth so far</th>
            <th>Now</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((running) => (
            <Row key={running.account.account_id} running={running} worth={worths.find(({ account_id }) => account_id === running.account.account_id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

export default function ImportingPage() {
  usePageTitle("Importing");
  const { resource, reload } = useAccounts();
  const worths = valueOf(usePortfolio().resource)?.accounts ?? [];
  const accounts = valueOf(resource);
  const problem = problemIn(resource);
  const rows = useRunning(accounts);
  const open = rows.filter(({ progress }) => isOpen(progress)).length;
  const left = allLeft(rows);
  const again = () => void reload();
  return (
    <>
      <h1 className="hidden-text">Importing</h1>
      <Panel title={open > 0 ? `Importing (${open})` : "Imports"} actions={left && <span className={styles["dim"]}>all done in about {left}</span>} grow>
        {accounts && problem && <StaleNote fault={problem} age={null} onRetry={again} />}
        {!accounts && (problem ? <Failure fault={problem} title="The imports could not be shown" onRetry={again} /> : <TableSkeleton rows={6} columns={8} />)}
        {accounts && rows.length === 0 && (
          <Empty title="Nothing was imported yet" action={<Link to="/accounts?connect=1">Connect an account</Link>}>
            As soon as an account is connected its history comes in here, and the first figures show long before the end.
          </Empty>
        )}
        {rows.length > 0 && <Table rows={rows} worths={worths} isStale={problem !== null} />}
        {open > 0 && (
          <p className={styles["foot"]}>You can leave: imports go on, also after a crash, and lose and double nothing. Channels that take it are told when one ends.</p>
        )}
      </Panel>
    </>
  );
}
