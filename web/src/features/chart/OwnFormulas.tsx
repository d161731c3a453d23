/** The user's own formulas: put on the chart, written, changed, removed. */
import { Button, Textarea, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { type Formula, useFormulas, useIndicatorsDesk } from "@/core/indicators";
import { type Problem, problemOf } from "@/core/problems";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import type { Study } from "@/core/studies";
import { Failure, TableSkeleton } from "@/shared/Panel";
import styles from "./studies.module.css";

const EMPTY = { name: "", text: "", parameters: "", version: 0 };
type Draft = typeof EMPTY;

/** `fast=12, slow=26` as parameters. */
export function parametersOf(text: string): readonly { readonly name: string; readonly default: string }[] {
  return text
    .split(",")
    .map((pair) => pair.split("=").map((part) => part.trim()))
    .filter(([name]) => name)
    .map(([name = "", value = ""]) => ({ name, default: value }));
}

const draftOf = ({ name, text, parameters, version }: Formula): Draft => ({
  name,
  text: text ?? "",
  parameters: parameters.map((each) => `${each.name}=${each.default}`).join(", "),
  version,
});

interface FormulaFormProps {
  readonly first: Draft;
  readonly onAdd: (study: Study) => void;
  readonly onDone: () => void;
}

function FormulaForm({ first, onAdd, onDone }: FormulaFormProps) {
  const indicators = useIndicatorsDesk();
  const { resources } = useServices();
  const [draft, setDraft] = useState(first);
  const [problem, setProblem] = useState<Problem | null>(null);
  const isNew = first.version === 0;
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const keep = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const wanted = { text: draft.text, parameters: parametersOf(draft.parameters), replaces: draft.version };
    indicators
      .putFormula(draft.name, wanted)
      .then(() => resources.refresh("formulas"))
      .then(onDone)
      .catch((thrown: unknown) => setProblem(problemOf(thrown)));
  };
  const remove = () =>
    void indicators
      .removeFormula(draft.name)
      .then(() => resources.refresh("formulas"))
      .then(onDone)
      .catch((thrown: unknown) => setProblem(problemOf(thrown)));
  return (
    <form className={styles["form"]} onSubmit={keep} data-testid="formula-form">
      <TextInput size="xs" label="Name" value={draft.name} disabled={!isNew} required maxLength={40} spellCheck={false} onChange={(event) => change({ name: event.currentTarget.value })} />
      <Textarea
        size="xs"
        label="Formula"
        value={draft.text}
        required
        rows={3}
        maxLength={4000}
        spellCheck={false}
        classNames={{ input: styles["mono"] ?? "" }}
        placeholder="EMA(series,resolution,fast) - EMA(series,resolution,slow)"
        onChange={(event) => change({ text: event.currentTarget.value })}
      />
      <TextInput size="xs" label="Parameters" placeholder="fast=12, slow=26" value={draft.parameters} spellCheck={false} onChange={(event) => change({ parameters: event.currentTarget.value })} />
      {problem && (
        <p role="alert" className={styles["problem"]} data-testid="formula-problem">
          {problem.detail} <code>{problem.code}</code>
        </p>
      )}
      <div className={styles["actions"]}>
        <Button type="submit" size="compact-sm" variant={isNew ? "filled" : "default"}>
          {isNew ? "Keep the formula" : "Keep as a new version"}
        </Button>
        {!isNew && <PlaceButtons text={`${first.name}(series,resolution)`} onAdd={onAdd} />}
        {!isNew && (
          <Button size="compact-sm" variant="subtle" color="red" onClick={remove}>
            Remove
          </Button>
        )}
      </div>
    </form>
  );
}

/** Only whoever wrote an expression knows on which scale it is. */
export function PlaceButtons({ text, onAdd }: { readonly text: string; readonly onAdd: (study: Study) => void }) {
  return (
    <>
      <Button size="compact-sm" disabled={!text.trim()} onClick={() => onAdd({ place: "under", text })}>
        Add below
      </Button>
      <Button size="compact-sm" variant="default" disabled={!text.trim()} onClick={() => onAdd({ place: "over", text })}>
        Add over the bars
      </Button>
    </>
  );
}

export function OwnFormulas({ onAdd }: { readonly onAdd: (study: Study) => void }) {
  const { resource, reload } = useFormulas();
  const [chosen, setChosen] = useState<string | null>(null);
  const [expression, setExpression] = useState("");
  const formulas = valueOf(resource);
  const problem = problemIn(resource);
  if (!formulas) return problem ? <Failure fault={problem} onRetry={() => void reload()} /> : <TableSkeleton rows={4} columns={2} />;
  const toggle = (name: string) => setChosen(chosen === name ? null : name);
  return (
    <>
      <div className={styles["form"]}>
        <TextInput
          size="xs"
          label="Expression"
          value={expression}
          spellCheck={false}
          classNames={{ input: styles["mono"] ?? "" }}
          placeholder="RSI(series,resolution,14) - 50"
          onChange={(event) => setExpression(event.currentTarget.value)}
        />
        <p className={styles["hint"]}>
          <code>series</code> and <code>resolution</code> mean those of the chart; others are named, as in <code>close(BINANCE:ETH/USDT,1h)</code>.
        </p>
        <div className={styles["actions"]}>
          <PlaceButtons text={expression} onAdd={onAdd} />
        </div>
      </div>
      <h3 className={styles["group"]}>Your formulas</h3>
      {formulas.length === 0 && <p className={styles["hint"]}>None yet. A formula is an expression with a name; rules, replays and charts give it the same values.</p>}
      <ul className={styles["list"]}>
        {formulas.map((formula) => (
          <li key={formula.name}>
            <button type="button" className={styles["row"]} aria-expanded={chosen === formula.name} onClick={() => toggle(formula.name)}>
              <span>{formula.name}</span>
              <span>version {formula.version}</span>
            </button>
            {chosen === formula.name && <FormulaForm key={formula.version} first={draftOf(formula)} onAdd={onAdd} onDone={() => setChosen(null)} />}
          </li>
        ))}
        <li>
          <button type="button" className={styles["row"]} aria-expanded={chosen === ""} onClick={() => toggle("")}>
            <span>New formula</span>
            <span>+</span>
          </button>
          {chosen === "" && <FormulaForm first={EMPTY} onAdd={onAdd} onDone={() => setChosen(null)} />}
        </li>
      </ul>
    </>
  );
}
