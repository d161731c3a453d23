/** When to hear of what: quiet hours, throttling, digest, escalation. */
import { Button, NativeSelect, NumberInput, Switch, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useAlertPreferences, useChannels } from "@/core/alerting";
import type { AlertPreferences, Channel } from "@/core/alerts_contracts";
import { useDisplay } from "@/core/display";
import { problemOf } from "@/core/problems";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { Failure, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./alerts.module.css";

function Line({ name, note, children }: { readonly name: string; readonly note: string; readonly children: ReactNode }) {
  return (
    <div className={styles["choice"]}>
      <div>
        <strong>{name}</strong>
        <p>{note}</p>
      </div>
      <div className={styles["control"]}>{children}</div>
    </div>
  );
}

const NIGHT = { begins: "22:00", ends: "07:00" };
const DIGESTS = [
  { value: "", label: "No digest" },
  { value: "info", label: "Information" },
  { value: "warning", label: "Information and warnings" },
];

interface EditorProps {
  readonly kept: AlertPreferences;
  readonly channels: readonly Channel[];
  readonly zone: string;
}

function Editor({ kept, channels, zone }: EditorProps) {
  const { alerting, resources, notices } = useServices();
  const [draft, setDraft] = useState({ ...kept, zone: kept.zone === "UTC" ? zone : kept.zone });
  const [isBusy, setBusy] = useState(false);
  const change = (part: Partial<AlertPreferences>) => setDraft((before) => ({ ...before, ...part }));
  const save = () => {
    setBusy(true);
    void alerting
      .choose(draft)
      .then(
        () => notices.say("Saved."),
        (thrown: unknown) => notices.say(`Not saved: ${problemOf(thrown).detail}`, "failed"),
      )
      .finally(() => {
        setBusy(false);
        resources.refresh("alert-preferences");
      });
  };
  const { quiet, throttle } = draft;
  return (
    <div className={styles["choices"]} data-testid="alert-preferences">
      <Line name="Quiet hours" note={`Only critical alerts leave at once; the others come as one digest when they end (${draft.zone}).`}>
        <Switch aria-label="Quiet hours" checked={quiet !== null} onChange={(event) => change({ quiet: event.currentTarget.checked ? NIGHT : null })} />
        {quiet && (
          <>
            <TextInput type="time" aria-label="Quiet from" value={quiet.begins} onChange={(event) => change({ quiet: { ...quiet, begins: event.currentTarget.value } })} />
            <TextInput type="time" aria-label="Quiet until" value={quiet.ends} onChange={(event) => change({ quiet: { ...quiet, ends: event.currentTarget.value } })} />
          </>
        )}
      </Line>
      <Line name="Throttling" note="More alerts of one kind than this wait and come together. Critical ones never wait.">
        <NumberInput aria-label="Alerts of a kind" min={1} max={1000} w={84} value={throttle.alerts_max} onChange={(value) => change({ throttle: { ...throttle, alerts_max: Number(value) || 1 } })} />
        <span>in</span>
        <NumberInput aria-label="Seconds" min={10} max={86_400} w={96} suffix=" s" value={throttle.span_s} onChange={(value) => change({ throttle: { ...throttle, span_s: Number(value) || 10 } })} />
      </Line>
      <Line name="Digest" note="What matters little comes together, at full spans of the day.">
        <NativeSelect
          aria-label="What waits for the digest"
          data={DIGESTS}
          value={draft.digest_up_to ?? ""}
          onChange={(event) => change({ digest_up_to: (event.currentTarget.value || null) as AlertPreferences["digest_up_to"] })}
        />
        {draft.digest_up_to && <NumberInput aria-label="Minutes between digests" min={5} max={1440} w={104} suffix=" min" value={draft.digest_every_min} onChange={(value) => change({ digest_every_min: Number(value) || 60 })} />}
      </Line>
      <Line name="Escalation" note="An alert that no channel delivered by then leaves by this one too.">
        <NativeSelect
          aria-label="Channel to escalate to"
          data={[{ value: "", label: "Nobody" }, ...channels.map(({ channel_id, name }) => ({ value: channel_id, label: name }))]}
          value={draft.escalate_to ?? ""}
          onChange={(event) => change({ escalate_to: event.currentTarget.value || null })}
        />
        <span>after</span>
        <NumberInput aria-label="Seconds until it escalates" min={5} max={900} w={84} suffix=" s" value={draft.escalate_after_s} onChange={(value) => change({ escalate_after_s: Number(value) || 30 })} />
      </Line>
      <div className={styles["buttons"]}>
        <Button size="compact-sm" loading={isBusy} onClick={save}>
          Save
        </Button>
      </div>
    </div>
  );
}

export function PreferencesPanel() {
  const { zone } = useDisplay();
  const { resource, reload } = useAlertPreferences();
  const channels = valueOf(useChannels().resource) ?? [];
  const kept = valueOf(resource);
  const problem = problemIn(resource);
  return (
    <Panel title="When to hear of what">
      {!kept && (problem ? <Failure fault={problem} title="What was chosen could not be shown" onRetry={() => void reload()} /> : <TableSkeleton rows={4} columns={2} />)}
      {kept && <Editor kept={kept} channels={channels} zone={zone} />}
    </Panel>
  );
}
