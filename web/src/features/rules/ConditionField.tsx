/** One condition, and those that it holds. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import type { Relation } from "@/core/rules_contracts";
import { RELATIONS } from "@/core/rules_contracts";
import { type ConditionKind, type DraftCondition, type Faults, newCondition } from "@/features/rules/drafts";
import { OperandField } from "@/features/rules/OperandField";
import { ScopeField } from "@/features/rules/ScopeField";
import { CONDITION_WORDS } from "@/features/rules/words";
import styles from "./rules.module.css";

const KINDS = Object.entries(CONDITION_WORDS).map(([value, label]) => ({ value, label }));

interface FieldProps<Kind extends ConditionKind = ConditionKind> {
  readonly draft: Extract<DraftCondition, { kind: Kind }>;
  readonly place: string;
  readonly faults: Faults;
  readonly onChange: (draft: DraftCondition) => void;
}

const text = (label: string, value: string, fault: string | undefined, onText: (value: string) => void) => (
  <TextInput key={label} size="xs" label={label} value={value} error={fault ?? null} autoComplete="off" onChange={(event) => onText(event.currentTarget.value)} />
);

const relation = (value: Relation, onRelation: (value: Relation) => void) => (
  <NativeSelect size="xs" label="Is" data={[...RELATIONS]} value={value} onChange={(event) => onRelation(event.currentTarget.value as Relation)} />
);

function CompareField({ draft, place, faults, onChange }: FieldProps<"compare">) {
  return (
    <>
      <OperandField label="Left" value={draft.left} fault={faults[`${place}.left`]} onChange={(left) => onChange({ ...draft, left })} />
      {relation(draft.relation, (value) => onChange({ ...draft, relation: value }))}
      <OperandField label="Right" value={draft.right} fault={faults[`${place}.right`]} onChange={(right) => onChange({ ...draft, right })} />
    </>
  );
}

function CrossField({ draft, place, faults, onChange }: FieldProps<"cross">) {
  return (
    <>
      <OperandField label="Left" value={draft.left} fault={faults[`${place}.left`]} onChange={(left) => onChange({ ...draft, left })} />
      <NativeSelect size="xs" label="Crosses" data={["above", "below"]} value={draft.direction} onChange={(event) => onChange({ ...draft, direction: event.currentTarget.value === "above" ? "above" : "below" })} />
      <OperandField label="Right" value={draft.right} fault={faults[`${place}.right`]} onChange={(right) => onChange({ ...draft, right })} />
    </>
  );
}

function ChangeField({ draft, place, faults, onChange }: FieldProps<"change">) {
  return (
    <>
      <OperandField label="Of" value={draft.operand} fault={faults[`${place}.operand`]} onChange={(operand) => onChange({ ...draft, operand })} />
      <div className={styles["line"]}>
        {text("Over", draft.window, faults[`${place}.window_s`], (window) => onChange({ ...draft, window }))}
        {relation(draft.relation, (value) => onChange({ ...draft, relation: value }))}
        {text("Percent", draft.percent, faults[`${place}.ratio`], (percent) => onChange({ ...draft, percent }))}
      </div>
    </>
  );
}

function StopField({ draft, place, faults, onChange }: FieldProps<"trailing_stop">) {
  return (
    <>
      <div className={styles["line"]}>
        {text("Falls below its best by, %", draft.trail, faults[`${place}.trail_ratio`], (trail) => onChange({ ...draft, trail }))}
        {text("Arms at a gain of, %", draft.arm, faults[`${place}.arm_ratio`], (arm) => onChange({ ...draft, arm }))}
      </div>
      <ScopeField label="Of" scope={draft.scope} fault={faults[`${place}.scope`]} onChange={(scope) => onChange({ ...draft, scope })} />
    </>
  );
}

const PARTS = ["minutes", "hours", "days", "months", "weekdays"] as const;
const PART_LABELS = { minutes: "Minutes", hours: "Hours", days: "Days of the month", months: "Months", weekdays: "Weekdays, 1 is Monday" } as const;

function ScheduleField({ draft, place, faults, onChange }: FieldProps<"schedule">) {
  return (
    <div className={styles["line"]}>
      {PARTS.map((part) => text(PART_LABELS[part], draft[part], faults[`${place}.${part}`], (value) => onChange({ ...draft, [part]: value })))}
      {text("Zone", draft.zone, faults[`${place}.zone`], (zone) => onChange({ ...draft, zone }))}
    </div>
  );
}

function GroupField({ draft, place, faults, onChange }: FieldProps<"all" | "any">) {
  const put = (conditions: readonly DraftCondition[]) => onChange({ ...draft, conditions });
  return (
    <div className={styles["nested"]}>
      {draft.conditions.map((each, at) => (
        <div key={at} className={styles["box"]}>
          <ConditionField draft={each} place={`${place}.conditions.${at}`} faults={faults} onChange={(next) => put(draft.conditions.with(at, next))} />
          {draft.conditions.length > 1 && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => put(draft.conditions.filter((_, other) => other !== at))}>
              Remove condition {at + 1}
            </Button>
          )}
        </div>
      ))}
      <Button size="compact-xs" variant="default" onClick={() => put([...draft.conditions, newCondition("compare")])}>
        Add a condition
      </Button>
    </div>
  );
}

function Held({ draft, place, faults, onChange }: FieldProps<"held" | "not">) {
  return (
    <>
      {draft.kind === "held" && text("For at least", draft.lasting, faults[`${place}.lasting_s`], (lasting) => onChange({ ...draft, lasting }))}
      <div className={styles["nested"]}>
        <ConditionField draft={draft.condition} place={`${place}.condition`} faults={faults} onChange={(condition) => onChange({ ...draft, condition })} />
      </div>
    </>
  );
}

function Parts({ draft, ...props }: FieldProps) {
  switch (draft.kind) {
    case "compare":
      return <CompareField draft={draft} {...props} />;
    case "cross":
      return <CrossField draft={draft} {...props} />;
    case "change":
      return <ChangeField draft={draft} {...props} />;
    case "trailing_stop":
      return <StopField draft={draft} {...props} />;
    case "schedule":
      return <ScheduleField draft={draft} {...props} />;
    case "held":
    case "not":
      return <Held draft={draft} {...props} />;
    default:
      return <GroupField draft={draft} {...props} />;
  }
}

export function ConditionField(props: FieldProps) {
  const { draft, place, faults, onChange } = props;
  return (
    <>
      <NativeSelect size="xs" label="Condition" data={KINDS} value={draft.kind} onChange={(event) => onChange(newCondition(event.currentTarget.value as ConditionKind))} />
      <Parts {...props} />
      {faults[place] && (
        <p className={styles["fault"]} role="alert">
          {faults[place]}
        </p>
      )}
    </>
  );
}
