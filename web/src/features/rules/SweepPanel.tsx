/** Tries combinations of a strategy's parameters over past bars, best first. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { type Problem, problemOf } from "@/core/problems";
import type { Sweep, Template, TemplateParameter } from "@/core/replay_contracts";
import { useRulesDesk } from "@/core/rules";
import { spelled, TERMS, TermsFields, termsOf } from "@/features/rules/ReplayPanel";
import { percentText, ratioOf } from "@/features/rules/spans";
import { SweepTable } from "@/features/rules/SweepTable";
import { Empty, Failure, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./rules.module.css";

const SORTS = [
  { value: "return_ratio", label: "most return" },
  { value: "max_drawdown_ratio", label: "least drawdown" },
  { value: "end_value", label: "end value" },
  { value: "win_ratio", label: "sales that gained" },
  { value: "fees_paid", label: "least fees" },
];
/** Values as they are sent: percents become ratios; what is no number is sent as it is, and refused with its reason. */
const listOf = (text: string, kind: TemplateParameter["kind"]) => {
  const values = text.split(/[\s,;]+/).filter(Boolean);
  return kind === "ratio" ? values.map((value) => ratioOf(value) ?? value) : values;
};

function useSweeping() {
  const rules = useRulesDesk();
  const [sweep, setSweep] = useState<Sweep | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = (...wish: Parameters<typeof rules.sweep>) => {
    setBusy(true);
    setProblem(null);
    rules
      .sweep(...wish)
      .then(setSweep, (thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  return { run, sweep, problem, isBusy };
}

interface SweepPanelProps {
  readonly template: Template;
  readonly parameters: Readonly<Record<string, string>>;
  /** Whether every other parameter is given. */
  readonly isMeant: boolean;
  /** Told which combination was chosen. */
  readonly onChoose: (parameters: Readonly<Record<string, string>>) => void;
}

export function SweepPanel({ template, parameters, isMeant, onChoose }: SweepPanelProps) {
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [sort, setSort] = useState("return_ratio");
  const [terms, setTerms] = useState(TERMS);
  const [asked, setAsked] = useState<readonly string[]>([]);
  const { run, sweep, problem, isBusy } = useSweeping();
  const tried = template.parameters.filter(({ kind }) => kind === "integer" || kind === "decimal" || kind === "ratio");
  const grid = Object.fromEntries(tried.map(({ name, kind }) => [name, listOf(typed[name] ?? "", kind)] as const).filter(([, values]) => values.length > 0));
  const names = Object.keys(grid);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const meant = termsOf(terms, Date.now());
    const fixed = Object.fromEntries(Object.entries(parameters).filter(([name]) => !names.includes(name)));
    if (!meant) return;
    setAsked(names);
    run({ template: template.template, parameters: fixed, grid, sort }, meant);
  };
  return (
    <Panel title="Try parameters" testId="sweep-panel">
      <form className={styles["form"]} onSubmit={onSubmit}>
        <div className={styles["line"]}>
          {tried.map(({ name, label, default: standard, kind }) => (
            <TextInput key={name} size="xs" label={kind === "ratio" ? `${label}, %` : label} placeholder={standard ? `${kind === "ratio" ? percentText(standard) : standard}, …` : ""} value={typed[name] ?? ""} onChange={(event) => setTyped({ ...typed, [name]: event.currentTarget.value })} />
          ))}
          <NativeSelect size="xs" label="Best is" data={SORTS} value={sort} onChange={(event) => setSort(event.currentTarget.value)} />
        </div>
        <TermsFields terms={terms} onChange={setTerms} />
        <Button type="submit" size="xs" variant="default" disabled={!isMeant || names.length === 0 || names.length > 3} loading={isBusy} data-testid="run-sweep">
          Try every combination
        </Button>
        <p className={styles["dim"]}>Several values each, for up to three parameters.</p>
      </form>
      {problem && <Failure fault={spelled(problem)} title="They could not be tried" />}
      {!sweep && !problem && (isBusy ? <TableSkeleton rows={5} columns={5} /> : <Empty title="Which parameters would have been best?">Give some of them several values: every combination is replayed, and the one you choose goes back into the form.</Empty>)}
      {sweep && (
        <div className={isBusy || problem ? "quiet" : ""}>
          <SweepTable sweep={sweep} varied={tried.filter(({ name }) => asked.includes(name)).map(({ name, label, kind }) => ({ name, label, isRatio: kind === "ratio" }))} chosen={parameters} onChoose={onChoose} />
        </div>
      )}
    </Panel>
  );
}
