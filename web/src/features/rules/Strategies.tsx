/** Strategies from templates: their parameters, what they would have come to, and a sweep over them. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { type Problem, problemOf } from "@/core/problems";
import { useAccounts } from "@/core/queries";
import type { Template, TemplateParameter } from "@/core/replay_contracts";
import { problemIn, valueOf } from "@/core/resources";
import { useTemplates, useRulesDesk } from "@/core/rules";
import { useServices } from "@/core/services";
import { RatioInput } from "@/features/rules/RatioInput";
import { ReplayPanel } from "@/features/rules/ReplayPanel";
import { Beginnings } from "@/features/rules/RuleSetList";
import { RunningStrategies } from "@/features/rules/RunningStrategies";
import { SweepPanel } from "@/features/rules/SweepPanel";
import { Failure, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./rules.module.css";

type Given = Readonly<Record<string, string>>;

interface ParameterFieldProps {
  readonly parameter: TemplateParameter;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function ParameterField({ parameter: { kind, label, description }, value, onChange }: ParameterFieldProps) {
  const accounts = valueOf(useAccounts().resource) ?? [];
  if (kind === "account") return <NativeSelect size="xs" label={label} description={description} data={accounts.map((each) => ({ value: each.account_id, label: each.label }))} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
  if (kind === "resolution") return <NativeSelect size="xs" label={label} description={description} data={["1m", "5m", "15m", "30m", "1h", "4h", "1d"]} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
  if (kind === "ratio") return <RatioInput label={`${label}, %: ${description}`} ratio={value} onChange={onChange} />;
  return <TextInput size="xs" label={label} description={description} value={value} autoComplete="off" onChange={(event) => onChange(kind === "instrument" ? event.currentTarget.value.toUpperCase() : event.currentTarget.value)} />;
}

/** Makes the rule sets, each a draft, and goes to the only one or to the list. */
function useMaking(template: string, parameters: Given) {
  const rules = useRulesDesk();
  const { resources, notices } = useServices();
  const navigate = useNavigate();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const make = async () => {
    const written = await rules.build({ template, parameters });
    const made = [];
    for (const each of written) made.push(await rules.create(each));
    notices.say(made.length === 1 ? "The rule is a draft." : `${made.length} rules are drafts.`);
    resources.refresh("rules:");
    await navigate(made.length === 1 && made[0] ? `/rules/${made[0].rule_set_id}` : "/rules");
  };
  const run = () => {
    setBusy(true);
    setProblem(null);
    make()
      .catch((thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  return { run, problem, isBusy };
}

function Strategy({ template }: { readonly template: Template }) {
  const [typed, setTyped] = useState<Given>({});
  const account = valueOf(useAccounts().resource)?.[0]?.account_id ?? "";
  const given = Object.fromEntries(template.parameters.map(({ name, kind, default: standard }) => [name, typed[name] ?? standard ?? (kind === "account" ? account : "")]));
  const { run, problem, isBusy } = useMaking(template.template, given);
  const isMeant = Object.values(given).every(Boolean);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (isMeant) run();
  };
  return (
    <div className={styles["page"]}>
      <div className={styles["column"]}>
        <Panel title={template.name}>
          <form className={styles["form"]} onSubmit={onSubmit} data-testid="strategy">
            <p className={styles["dim"]}>{template.description}</p>
            {template.parameters.map((parameter) => (
              <ParameterField key={parameter.name} parameter={parameter} value={given[parameter.name] ?? ""} onChange={(value) => setTyped({ ...typed, [parameter.name]: value })} />
            ))}
            {problem && <Failure fault={problem} title="It could not be made" />}
            <Button type="submit" size="sm" disabled={!isMeant} loading={isBusy} data-testid="make-strategy">
              Make it, as a draft
            </Button>
          </form>
        </Panel>
        <SweepPanel template={template} parameters={given} isMeant={isMeant} onChoose={(chosen) => setTyped({ ...typed, ...chosen })} />
      </div>
      <div className={styles["column"]}>
        <ReplayPanel subject={isMeant ? { template: { template: template.template, parameters: given } } : null} />
      </div>
    </div>
  );
}

export function Strategies() {
  const { resource, reload } = useTemplates();
  const [search] = useSearchParams();
  const templates = valueOf(resource);
  const problem = problemIn(resource);
  if (!templates) return problem ? <Failure fault={problem} title="The templates could not be shown" onRetry={() => void reload()} /> : <TableSkeleton rows={6} columns={3} />;
  const chosen = templates.find(({ template }) => template === search.get("template"));
  return (
    <div className={styles["scroll"]}>
      <div className={styles["body"]}>
        <RunningStrategies isQuiet={chosen !== undefined} />
        <h3>Begin one</h3>
        <Beginnings />
        {chosen && <Strategy key={chosen.template} template={chosen} />}
      </div>
    </div>
  );
}
