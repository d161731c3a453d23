/** What a notify action says, how loudly, and on which of the user's channels. */
import { Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { Link } from "react-router";
import { useChannels } from "@/core/alerting";
import type { Channel } from "@/core/alerts_contracts";
import { problemIn, valueOf } from "@/core/resources";
import type { Action } from "@/core/rules_contracts";
import styles from "./rules.module.css";

type Notify = Extract<Action, { kind: "notify" }>;

interface NotifyFieldProps {
  readonly action: Notify;
  readonly onChange: (action: Action) => void;
}

const STATES: Readonly<Record<Channel["state"], string>> = { verified: "", unverified: ", not verified yet", failing: ", failing", paused: ", paused", removed: ", removed" };

const severityOf = (value: string) => (value === "info" || value === "critical" ? value : "warning");

/** Those that are picked first keep their place; one that was removed meanwhile can be unpicked. */
function Channels({ action, onChange }: NotifyFieldProps) {
  const { resource } = useChannels();
  const channels = valueOf(resource)?.filter(({ state, channel_id }) => state !== "removed" || action.channels.includes(channel_id));
  const gone = action.channels.filter((id) => channels && !channels.some(({ channel_id }) => channel_id === id));
  const put = (id: string, isOn: boolean) => onChange({ ...action, channels: isOn ? [...action.channels, id] : action.channels.filter((each) => each !== id) });
  if (!channels) return <p className={styles["dim"]}>{problemIn(resource) ? "The channels could not be shown; those picked stay." : "Looking up the channels…"}</p>;
  if (channels.length === 0 && gone.length === 0)
    return (
      <p className={styles["dim"]}>
        It is told on the page of alerts only. <Link to="/alerts?tab=channels&add=1">Add a channel</Link> to hear of it elsewhere.
      </p>
    );
  return (
    <fieldset data-testid="notify-channels">
      <legend>On these channels</legend>
      <div className={styles["choices"]}>
        {channels.map(({ channel_id, name, state }) => (
          <Checkbox key={channel_id} size="xs" label={`${name}${STATES[state]}`} checked={action.channels.includes(channel_id)} onChange={(event) => put(channel_id, event.currentTarget.checked)} />
        ))}
        {gone.map((id) => (
          <Checkbox key={id} size="xs" label="A removed channel" checked onChange={() => put(id, false)} />
        ))}
      </div>
      {action.channels.length === 0 && <p className={styles["dim"]}>None picked: every channel that takes alerts of this severity.</p>}
    </fieldset>
  );
}

export function NotifyField({ action, onChange }: NotifyFieldProps) {
  return (
    <>
      <div className={styles["line"]}>
        <TextInput size="xs" label="Text" description="May hold $rule_set, $fired_at, $reason, $step" value={action.text} onChange={(event) => onChange({ ...action, text: event.currentTarget.value })} />
        <NativeSelect size="xs" label="Severity" data={["info", "warning", "critical"]} value={action.severity} onChange={(event) => onChange({ ...action, severity: severityOf(event.currentTarget.value) })} />
      </div>
      <Channels action={action} onChange={onChange} />
    </>
  );
}
