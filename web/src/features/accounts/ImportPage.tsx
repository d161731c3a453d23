/** An account's history on its way into the ledger, watched live. */
import { useAbility } from "@casl/react";
import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Link, useParams } from "react-router";
import type { ImportProgress } from "@/core/contracts";
import { Age, Count, Instant } from "@/core/Figures";
import { useNow } from "@/core/clock";
import { isOpen } from "@/core/imports";
import type { Permissions } from "@/core/permissions";
import { problemOf } from "@/core/problems";
import { useAccounts, usePageTitle } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { useWatchedImport, type Watched } from "@/features/accounts/progress";
import { percentDone, ProgressBar } from "@/features/accounts/ProgressBar";
import { adviceFor, IMPORT_STATES } from "@/features/accounts/words";
import { durationText } from "@/shared/instants";
import { Mark } from "@/shared/Mark";
import { Failure, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./accounts.module.css";

function Pair({ name, children, testId }: { readonly name: string; readonly children: ReactNode; readonly testId?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={testId}>{children}</dd>
    </div>
  );
}

const rowsSeen = (progress: ImportProgress) => progress.rows_recorded + progress.rows_duplicate + progress.rows_skipped;

/** Seconds from the start to the end, or to now. */
const elapsedOf = ({ started_at, finished_at }: ImportProgress, nowMs: number): number | null =>
  started_at === null ? null : Math.max(0, ((finished_at ? Date.parse(finished_at) : nowMs) - Date.parse(started_at)) / 1000);

function Figures({ progress }: { readonly progress: ImportProgress }) {
  const elapsed = elapsedOf(progress, useNow());
  const rate = elapsed !== null && elapsed >= 1 ? Math.round(rowsSeen(progress) / elapsed) : null;
  return (
    <dl className={styles["figures"]}>
      <Pair name="Recorded" testId="rows-recorded">
        <Count value={progress.rows_recorded} />
      </Pair>
      <Pair name="Known already">
        <Count value={progress.rows_duplicate} />
      </Pair>
      <Pair name="Left out, with reason">
        <Count value={progress.rows_skipped} />
      </Pair>
      <Pair name="Streams">
        {progress.streams_done} of {progress.streams_total || "?"}
      </Pair>
      <Pair name="Rows a second">{rate === null ? "—" : <Count value={rate} />}</Pair>
      <Pair name={progress.finished_at ? "Took" : "Running for"}>{elapsed === null ? "—" : durationText(elapsed)}</Pair>
      <Pair name="Queued">
        <Instant at={progress.queued_at} />
      </Pair>
      <Pair name={progress.finished_at ? "Finished" : "Started"}>
        <Instant at={progress.finished_at ?? progress.started_at} />
      </Pair>
    </dl>
  );
}

const STEPS = ["queued", "running", "done"] as const;
const STEP_WORDS = { queued: "Queued", running: "History read and recorded", done: "Complete" } as const;

function Steps({ state }: { readonly state: ImportProgress["state"] }) {
  const reached = state === "failed" ? 1 : STEPS.indexOf(state);
  return (
    <ol className={styles["steps"]}>
      {STEPS.map((step, at) => (
        <li key={step} data-reached={at < reached || state === "done"} aria-current={at === reached ? "step" : undefined} data-failed={state === "failed" && at === 1}>
          {STEP_WORDS[step]}
        </li>
      ))}
    </ol>
  );
}

function headline({ state, eta_s, stage }: ImportProgress): string {
  if (state === "queued") return "Waiting for its turn";
  if (state === "done") return "The whole history is in the ledger";
  if (state === "failed") return "The import stopped";
  const left = eta_s === null ? "measuring how long it takes" : eta_s < 1 ? "nearly there" : `about ${durationText(eta_s)} left`;
  return `${stage ?? "Reading the history"} · ${left}`;
}

function Running({ watched, label }: { readonly watched: Watched & { readonly progress: ImportProgress }; readonly label: string }) {
  const { progress, way } = watched;
  const { tone, word } = IMPORT_STATES[progress.state];
  return (
    <div className={styles["running"]} data-testid="import-progress" data-state={progress.state}>
      <Steps state={progress.state} />
      <div className={styles["headline"]}>
        <Mark tone={tone}>{word}</Mark>
        <strong data-testid="import-headline">{headline(progress)}</strong>
        <span className={styles["percent"]} data-testid="import-percent">
          {percentDone(progress).toFixed(1)} %
        </span>
      </div>
      <ProgressBar progress={progress} label={`Import of ${label}`} />
      <Figures progress={progress} />
      {isOpen(progress) && (
        <p className={styles["hint"]}>
          You can leave this page: the import goes on, also after a crash, and loses and doubles nothing. Figures come{" "}
          {way === "live" ? "live" : "at intervals, as the live connection is not there"}.
        </p>
      )}
    </div>
  );
}

function Failed({ progress, onRetry }: { readonly progress: ImportProgress; readonly onRetry: () => void }) {
  const code = progress.error_code ?? "import.failed";
  const detail = [progress.error_message ?? "The import failed.", adviceFor(code)].filter(Boolean).join(" ");
  return <Failure fault={{ code, detail, correlationId: "" }} title="The import stopped; what was recorded stays" onRetry={onRetry} />;
}

function Done({ accountId }: { readonly accountId: string }) {
  return (
    <div className={styles["done"]}>
      <Button component={Link} to={`/portfolio?view=holdings&account=${accountId}`} size="compact-sm">
        See its holdings
      </Button>
      <Button component={Link} to={`/ledger?account=${accountId}`} size="compact-sm" variant="default">
        See its ledger
      </Button>
    </div>
  );
}

export default function ImportPage() {
  const { accountId = "" } = useParams();
  const { desk, imports, notices } = useServices();
  const account = valueOf(useAccounts().resource)?.find(({ account_id }) => account_id === accountId);
  const watched = useWatchedImport(accountId);
  const [isStarting, setStarting] = useState(false);
  const mayImport = useAbility<Permissions>().can("create", "Import");
  const { progress, problem, reload } = watched;
  const label = account?.label ?? "the account";
  usePageTitle(`Import of ${label}`);
  const start = () => {
    setStarting(true);
    desk
      .startImport(accountId)
      .then((report) => imports.report(report))
      .catch((thrown: unknown) => notices.say(`${problemOf(thrown).detail} (${problemOf(thrown).code})`, "failed"))
      .finally(() => setStarting(false));
  };
  const actions = (
    <>
      {account?.refreshed_at && <Age at={account.refreshed_at} prefix="balances refreshed " />}
      {progress && !isOpen(progress) && account?.state !== "disconnected" && mayImport && (
        <Button size="compact-xs" variant="default" onClick={start} loading={isStarting}>
          Import again
        </Button>
      )}
    </>
  );
  return (
    <>
      <h1 className="hidden-text">Import of {label}</h1>
      <Panel title={`Import of ${label}`} actions={actions}>
        {problem && <Failure fault={problem} title={progress ? "No newer figures" : "The import could not be shown"} onRetry={reload} />}
        {!progress && !problem && <TableSkeleton rows={6} columns={4} />}
        {progress && <Running watched={{ ...watched, progress }} label={label} />}
        {progress?.state === "failed" && <Failed progress={progress} onRetry={start} />}
        {progress?.state === "done" && <Done accountId={accountId} />}
      </Panel>
    </>
  );
}
