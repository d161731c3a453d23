/** The builder: rules that must all be true, what happens then, and how often; without code. */
import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { problemOf } from "@/core/problems";
import type { Policy } from "@/core/rules_contracts";
import { POLICIES } from "@/core/rules_contracts";
import { useRulesDesk } from "@/core/rules";
import { ActionField } from "@/features/rules/ActionField";
import { ConditionField } from "@/features/rules/ConditionField";
import { definitionOf, type Draft, type Faults, faultsIn, newAction, newCondition } from "@/features/rules/drafts";
import styles from "./rules.module.css";

const PAUSE_MS = 400;
const NO_FAULTS: Faults = {};

/** What the desk says of a definition, asked a moment after it was changed. */
export function useCheck(draft: Draft): Faults {
  const rules = useRulesDesk();
  const [told, setTold] = useState<Faults>(NO_FAULTS);
  const { definition, faults } = definitionOf(draft);
  const asked = Object.keys(faults).length === 0 ? JSON.stringify(definition) : null;
  useEffect(() => {
    if (asked === null) return undefined;
    const stop = new AbortController();
    const ask = () =>
      rules.check(JSON.parse(asked) as typeof definition, stop.signal).then(
        () => setTold(NO_FAULTS),
        (thrown: unknown) => stop.signal.aborted || setTold(faultsIn(problemOf(thrown))),
      );
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [rules, asked]);
  return { ...told, ...faults };
}

interface PartProps {
  readonly draft: Draft;
  readonly faults: Faults;
  readonly onChange: (draft: Draft) => void;
}

function RuleFields({ draft, faults, onChange }: PartProps) {
  const put = (rules: Draft["rules"]) => onChange({ ...draft, rules });
  return (
    <fieldset>
      <legend>When all of this is true</legend>
      {draft.rules.map((rule, at) => (
        <div key={at} className={styles["box"]} data-testid="rule">
          <TextInput size="xs" label="Rule" value={rule.name} error={faults[`rules.${at}.name`] ?? null} onChange={(event) => put(draft.rules.with(at, { ...rule, name: event.currentTarget.value }))} />
          <ConditionField draft={rule.condition} place={`rules.${at}.condition`} faults={faults} onChange={(condition) => put(draft.rules.with(at, { ...rule, condition }))} />
          {draft.rules.length > 1 && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => put(draft.rules.filter((_, other) => other !== at))}>
              Remove rule {at + 1}
            </Button>
          )}
        </div>
      ))}
      <Button size="compact-xs" variant="default" onClick={() => put([...draft.rules, { name: `Rule ${draft.rules.length + 1}`, condition: newCondition("compare") }])}>
        Add a rule
      </Button>
    </fieldset>
  );
}

function ActionFields({ draft, faults, onChange }: PartProps) {
  const put = (actions: Draft["actions"]) => onChange({ ...draft, actions });
  return (
    <fieldset>
      <legend>Do this, in order</legend>
      {draft.actions.map((action, at) => (
        <div key={at} className={styles["box"]} data-testid="action">
          <ActionField action={action} place={`actions.${at}`} faults={faults} onChange={(next) => put(draft.actions.with(at, next))} />
          {draft.actions.length > 1 && (
            <div className={styles["head"]}>
              {at > 0 && (
                <Button size="compact-xs" variant="subtle" color="gray" onClick={() => put(draft.actions.with(at - 1, action).with(at, draft.actions[at - 1] ?? action))}>
                  Move step {at + 1} up
                </Button>
              )}
              <Button size="compact-xs" variant="subtle" color="gray" onClick={() => put(draft.actions.filter((_, other) => other !== at))}>
                Remove step {at + 1}
              </Button>
            </div>
          )}
        </div>
      ))}
      <Button size="compact-xs" variant="default" onClick={() => put([...draft.actions, newAction("notify", "")])}>
        Add an action
      </Button>
    </fieldset>
  );
}

const POLICY_LABELS: Readonly<Record<Policy, string>> = { stop: "stop there", continue: "go on with the next", escalate: "stop and tell a second channel" };
const HOURS = { begin: "08:00", end: "22:00", zone: "UTC", weekdays: "" };

function HowOften({ draft, faults, onChange }: PartProps) {
  const { hours } = draft;
  return (
    <fieldset>
      <legend>How often</legend>
      <div className={styles["line"]}>
        <NativeSelect size="xs" label="Fires" data={["once", "every time"]} value={draft.repeating ? "every time" : "once"} onChange={(event) => onChange({ ...draft, repeating: event.currentTarget.value !== "once" })} />
        <TextInput size="xs" label="Then pauses for" value={draft.cooldown} error={faults["cooldown_s"] ?? null} onChange={(event) => onChange({ ...draft, cooldown: event.currentTarget.value })} />
        <NativeSelect size="xs" label="When a step fails" data={POLICIES.map((value) => ({ value, label: POLICY_LABELS[value] }))} value={draft.policy} onChange={(event) => onChange({ ...draft, policy: event.currentTarget.value as Policy })} />
      </div>
      <Checkbox size="xs" label="Only at some hours" checked={hours !== null} onChange={(event) => onChange({ ...draft, hours: event.currentTarget.checked ? HOURS : null })} />
      {hours && (
        <div className={styles["line"]}>
          {(["begin", "end", "zone", "weekdays"] as const).map((part) => (
            <TextInput
              key={part}
              size="xs"
              label={{ begin: "From", end: "Until", zone: "Zone", weekdays: "Weekdays, 1 is Monday" }[part]}
              value={hours[part]}
              error={faults[`active_hours.${part}`] ?? null}
              onChange={(event) => onChange({ ...draft, hours: { ...hours, [part]: event.currentTarget.value } })}
            />
          ))}
        </div>
      )}
    </fieldset>
  );
}

export function Builder(props: PartProps) {
  const { draft, faults, onChange } = props;
  return (
    <>
      <TextInput size="xs" label="Name" value={draft.name} error={faults["name"] ?? null} data-testid="rule-set-name" onChange={(event) => onChange({ ...draft, name: event.currentTarget.value })} />
      <RuleFields {...props} />
      <ActionFields {...props} />
      <HowOften {...props} />
    </>
  );
}
