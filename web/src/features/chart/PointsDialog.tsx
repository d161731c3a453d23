/** Own series: points of time, value and label, by form, by pasted or uploaded lines, and by the API. */
import { Button, Checkbox, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { type SubmitEvent, useCallback, useState } from "react";
import type { PointSet } from "@/core/chart_contracts";
import { type NewPoint, useChartDesk } from "@/core/chart_desk";
import { useDisplay } from "@/core/display";
import { type Problem, problemOf } from "@/core/problems";
import { problemIn, useResource, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { readPoints, type ReadPoints } from "@/features/chart/points_text";
import { SideDialog } from "@/shared/Dialog";
import { fieldText } from "@/shared/forms";
import { Failure, TableSkeleton } from "@/shared/Panel";
import { instantOf } from "@/shared/zoned";
import styles from "./drawing.module.css";

const STYLES = [
  { value: "line", label: "Line" },
  { value: "marks", label: "Marks" },
];
const KEY = "chart-points";

interface PointsDialogProps {
  readonly opened: boolean;
  readonly shown: readonly string[];
  readonly onClose: () => void;
  readonly onShown: (ids: readonly string[]) => void;
  /** Points were added or removed. */
  readonly onChanged: () => void;
}

const Wrong = ({ problem }: { readonly problem: Problem | null }) =>
  problem && (
    <p role="alert" className={styles["problem"]} data-testid="points-problem">
      {problem.detail} <code>{problem.code}</code>
    </p>
  );

function NewSet({ onMade }: { readonly onMade: (id: string) => void }) {
  const desk = useChartDesk();
  const [problem, setProblem] = useState<Problem | null>(null);
  const make = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const id = crypto.randomUUID();
    const name = fieldText(form, "name");
    desk.putPointSet(id, { name, style: fieldText(form, "style") === "marks" ? "marks" : "line", colour: 1 + (name.length % 6) }).then(
      () => {
        form.reset();
        setProblem(null);
        onMade(id);
      },
      (thrown: unknown) => setProblem(problemOf(thrown)),
    );
  };
  return (
    <form className={styles["form"]} onSubmit={make} data-testid="new-point-set">
      <div className={styles["pair"]}>
        <TextInput size="xs" label="New series" name="name" required maxLength={80} placeholder="Funding rate" />
        <NativeSelect size="xs" label="Drawn as" name="style" data={STYLES} />
      </div>
      <Wrong problem={problem} />
      <Button type="submit" size="compact-sm" variant="default">
        Make it
      </Button>
    </form>
  );
}

function OnePoint({ onAdd }: { readonly onAdd: (points: readonly NewPoint[]) => Promise<void> }) {
  const { zone } = useDisplay();
  const add = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const at = instantOf(fieldText(form, "at"), zone);
    if (at) void onAdd([{ at, value: fieldText(form, "value"), label: fieldText(form, "label") }]).then(() => form.reset());
  };
  return (
    <form className={styles["form"]} onSubmit={add} data-testid="new-point">
      <div className={styles["pair"]}>
        <TextInput size="xs" type="datetime-local" label={`Time (${zone})`} name="at" required />
        <TextInput size="xs" label="Value" name="value" required pattern="-?\d{1,18}(\.\d{1,18})?" inputMode="decimal" />
      </div>
      <TextInput size="xs" label="Label" name="label" maxLength={200} />
      <Button type="submit" size="compact-sm">
        Add the point
      </Button>
    </form>
  );
}

function ManyPoints({ onAdd }: { readonly onAdd: (points: readonly NewPoint[]) => Promise<void> }) {
  const { zone } = useDisplay();
  const [text, setText] = useState("");
  const [read, setRead] = useState<ReadPoints | null>(null);
  const look = (next: string) => {
    setText(next);
    setRead(next.trim() ? readPoints(next, zone) : null);
  };
  const add = () => read && void onAdd(read.points).then(() => look(""));
  return (
    <div className={styles["form"]}>
      <Textarea size="xs" label="Lines of time, value and label" placeholder={"2026-11-21 08:00,0.0001,funding\n2026-11-21 16:00,0.00012,"} rows={4} value={text} spellCheck={false} onChange={(event) => look(event.currentTarget.value)} data-testid="points-text" />
      <input type="file" accept=".csv,.txt,text/csv,text/plain" aria-label="A file of lines" onChange={(event) => void event.currentTarget.files?.[0]?.text().then(look)} />
      {read && (
        <p className={styles["hint"]} data-testid="points-read">
          {read.points.length} points
          {read.refused.length > 0 && `; ${read.refused.length} lines are none, the first is line ${read.refused[0]?.line}: ${read.refused[0]?.why}`}
        </p>
      )}
      <Button size="compact-sm" variant="default" disabled={!read || read.points.length === 0} onClick={add}>
        Add these points
      </Button>
    </div>
  );
}

function SetForm({ set, onChanged }: { readonly set: PointSet; readonly onChanged: () => void }) {
  const desk = useChartDesk();
  const [problem, setProblem] = useState<Problem | null>(null);
  const doing = async (work: Promise<unknown>) => {
    try {
      await work;
      setProblem(null);
      onChanged();
    } catch (thrown) {
      setProblem(problemOf(thrown));
      throw thrown;
    }
  };
  const add = (points: readonly NewPoint[]) => doing(desk.addPoints(set.set_id, points));
  const path = `POST /api/v1/chart-points/${set.set_id}/points`;
  return (
    <>
      <OnePoint onAdd={add} />
      <ManyPoints onAdd={add} />
      <p className={styles["hint"]}>
        By program: <code>{path}</code>
      </p>
      <Wrong problem={problem} />
      <Button size="compact-sm" variant="subtle" color="red" onClick={() => void doing(desk.removePointSet(set.set_id)).catch(() => undefined)}>
        Remove the series with its points
      </Button>
    </>
  );
}

export function PointsDialog({ opened, shown, onClose, onShown, onChanged }: PointsDialogProps) {
  const desk = useChartDesk();
  const { resources } = useServices();
  const load = useCallback(() => (opened ? desk.pointSets() : Promise.resolve([])), [desk, opened]);
  const { resource, reload } = useResource(resources, `${KEY}:${opened}`, load);
  const [chosen, setChosen] = useState<string | null>(null);
  const sets = valueOf(resource);
  const problem = problemIn(resource);
  const changed = () => void reload().then(onChanged);
  const show = (id: string, isShown: boolean) => onShown(isShown ? [...shown.filter((each) => each !== id), id] : shown.filter((each) => each !== id));
  return (
    <SideDialog opened={opened} onClose={onClose} title="Own data points" size={420}>
      {!sets && (problem ? <Failure fault={problem} onRetry={() => void reload()} /> : <TableSkeleton rows={4} columns={2} />)}
      <ul className={styles["list"]}>
        {sets?.map((set) => (
          <li key={set.set_id}>
            <Checkbox size="xs" aria-label={`Show ${set.name}`} checked={shown.includes(set.set_id)} onChange={(event) => show(set.set_id, event.currentTarget.checked)} />
            <button type="button" className={styles["row"]} aria-current={chosen === set.set_id} aria-expanded={chosen === set.set_id} onClick={() => setChosen(chosen === set.set_id ? null : set.set_id)}>
              {set.name} <span>{set.points} points</span>
            </button>
          </li>
        ))}
      </ul>
      {sets?.map((set) => set.set_id === chosen && <SetForm key={set.set_id} set={set} onChanged={changed} />)}
      {sets && (
        <NewSet
          onMade={(id) => {
            setChosen(id);
            show(id, true);
            changed();
          }}
        />
      )}
    </SideDialog>
  );
}
