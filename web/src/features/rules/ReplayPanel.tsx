/** Replays what stands beside it over past bars, by the engine that decides live. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { lazy, type SubmitEvent, Suspense, useState } from "react";
import { type Problem, problemOf } from "@/core/problems";
import type { Replay } from "@/core/replay_contracts";
import type { ReplaySubject, ReplayTerms } from "@/core/rules";
import { useRulesDesk } from "@/core/rules";
import { ratioOf } from "@/features/rules/spans";
import { Empty, Failure, type Fault, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./rules.module.css";

const ReplayResult = lazy(() => import("@/features/rules/ReplayResult"));

const RESOLUTIONS = ["1m", "5m", "15m", "30m", "1h", "4h", "1d"];
const DAY_MS = 86_400_000;

export interface TermsDraft {
  readonly days: string;
  readonly resolution: string;
  readonly fee: string;
  readonly slippage: string;
  /** `1000 USDT`; empty begins with what the portfolio holds. */
  readonly start: string;
}
export const TERMS: TermsDraft = { days: "14", resolution: "15m", fee: "0.1", slippage: "0.05", start: "" };
const START = /^([0-9.]+)\s*([A-Za-z0-9]+)$/;

/** The terms that a form means, up to now; null while it means none. */
export function termsOf({ days, resolution, fee, slippage, start }: TermsDraft, nowMs: number): ReplayTerms | null {
  const [fee_ratio, slippage_ratio, count, parts] = [ratioOf(fee), ratioOf(slippage), Number(days), START.exec(start.trim())];
  if (fee_ratio === null || slippage_ratio === null || !(count > 0) || (start.trim() && !parts)) return null;
  const balances = parts?.[1] && parts[2] ? [{ amount: parts[1], asset: parts[2].toUpperCase() }] : "portfolio";
  return { from: new Date(nowMs - count * DAY_MS).toISOString(), to: new Date(nowMs).toISOString(), resolution, balances, fee_ratio, slippage_ratio };
}

/** A problem with each place that can't be meant said in its detail. */
export const spelled = ({ code, detail, correlationId, errors }: Problem): Fault => ({
  code,
  detail: [detail, ...errors.map(({ path, message }) => `${path.replace(/^body\./, "").replaceAll("_", " ")}: ${message}`)].join(" "),
  correlationId,
});

interface TermsFieldsProps {
  readonly terms: TermsDraft;
  readonly onChange: (terms: TermsDraft) => void;
}

export function TermsFields({ terms, onChange }: TermsFieldsProps) {
  const field = (name: Exclude<keyof TermsDraft, "resolution">, label: string, placeholder = "") => (
    <TextInput size="xs" label={label} placeholder={placeholder} value={terms[name]} autoComplete="off" onChange={(event) => onChange({ ...terms, [name]: event.currentTarget.value })} />
  );
  return (
    <div className={styles["line"]}>
      {field("days", "Last days")}
      <NativeSelect size="xs" label="Bars" data={RESOLUTIONS} value={terms.resolution} onChange={(event) => onChange({ ...terms, resolution: event.currentTarget.value })} />
      {field("fee", "Fee, %")}
      {field("slippage", "Slippage, %")}
      {field("start", "Begin with", "what is held now")}
    </div>
  );
}

function useReplaying() {
  const rules = useRulesDesk();
  const [result, setResult] = useState<Replay | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = (subject: ReplaySubject, terms: ReplayTerms) => {
    setBusy(true);
    setProblem(null);
    rules
      .replay(subject, terms)
      .then(setResult, (thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  return { run, result, problem, isBusy };
}

/** `subject` null: what stands beside it can't be meant yet. */
export function ReplayPanel({ subject }: { readonly subject: ReplaySubject | null }) {
  const [terms, setTerms] = useState(TERMS);
  const { run, result, problem, isBusy } = useReplaying();
  const isMeant = termsOf(terms, 0) !== null;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const meant = termsOf(terms, Date.now());
    if (subject && meant) run(subject, meant);
  };
  return (
    <Panel title="Replay" testId="replay">
      <form className={styles["form"]} onSubmit={onSubmit}>
        <TermsFields terms={terms} onChange={setTerms} />
        <Button type="submit" size="xs" variant="default" disabled={!subject || !isMeant} loading={isBusy} data-testid="run-replay">
          Replay
        </Button>
      </form>
      {problem && <Failure fault={spelled(problem)} title="It could not be replayed" />}
      {!result && !problem && (isBusy ? <TableSkeleton rows={6} columns={4} /> : <Empty title="What would it have done?">Replay it over past bars, with fees and slippage, by the same engine that decides live.</Empty>)}
      {result && (
        <div className={isBusy || problem ? "quiet" : ""}>
          <Suspense fallback={<TableSkeleton rows={6} columns={4} />}>
            <ReplayResult replay={result} />
          </Suspense>
        </div>
      )}
    </Panel>
  );
}
