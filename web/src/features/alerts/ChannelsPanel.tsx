/** The channels that alerts leave by: add, prove by a test message, choose what they get. */
import { Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { useAbility } from "@casl/react";
import { type SubmitEvent, useState } from "react";
import { useSearchParams } from "react-router";
import { useChannels } from "@/core/alerting";
import { type Channel, SEVERITIES, type Severity } from "@/core/alerts_contracts";
import { Age } from "@/core/Figures";
import type { Permissions } from "@/core/permissions";
import { problemOf } from "@/core/problems";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { ChannelDialog } from "@/features/alerts/ChannelDialog";
import { CHANNEL_STATE, KIND } from "@/features/alerts/words";
import { Mark } from "@/shared/Mark";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./alerts.module.css";

const FROM: Readonly<Record<Severity, string>> = { info: "Everything", warning: "Warnings and critical", critical: "Critical only" };

function useWork() {
  const { resources, notices } = useServices();
  const [isBusy, setBusy] = useState(false);
  const run = (work: Promise<unknown>, said: string) => {
    setBusy(true);
    void work
      .then(
        () => notices.say(said),
        (thrown: unknown) => notices.say(`${problemOf(thrown).detail} (${problemOf(thrown).code})`, "failed"),
      )
      .finally(() => {
        setBusy(false);
        resources.refresh("alert-channels");
      });
  };
  return { isBusy, run };
}

function Verify({ channel }: { readonly channel: Channel }) {
  const { alerting } = useServices();
  const { isBusy, run } = useWork();
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const code = (new FormData(event.currentTarget).get("code") as string).trim();
    run(alerting.verifyChannel(channel.channel_id, code), `${channel.name} is verified.`);
  };
  return (
    <form className={styles["verify"]} onSubmit={onSubmit} data-testid="verify-form">
      <Button size="compact-sm" loading={isBusy} onClick={() => run(alerting.testChannel(channel.channel_id), "A test message with a code is on its way.")}>
        Send a test message
      </Button>
      <TextInput name="code" aria-label={`Code of ${channel.name}`} placeholder="code it shows" inputMode="numeric" maxLength={6} required size="xs" w={120} autoComplete="one-time-code" />
      <Button type="submit" size="compact-sm" variant="default" disabled={isBusy}>
        Verify
      </Button>
    </form>
  );
}

function Wishes({ channel }: { readonly channel: Channel }) {
  const { alerting } = useServices();
  const { isBusy, run } = useWork();
  const change = (wanted: Parameters<typeof alerting.changeChannel>[1]) => run(alerting.changeChannel(channel.channel_id, wanted), "Saved.");
  return (
    <div className={styles["wishes"]}>
      <NativeSelect
        size="xs"
        aria-label={`What ${channel.name} gets`}
        data={SEVERITIES.map((value) => ({ value, label: FROM[value] }))}
        value={channel.takes_from}
        disabled={isBusy}
        onChange={(event) => change({ takes_from: event.currentTarget.value as Severity })}
      />
      <Switch size="xs" label="Only what others did not deliver" checked={channel.only_escalated} onChange={(event) => change({ only_escalated: event.currentTarget.checked })} />
      <Switch size="xs" label="Paused" checked={channel.state === "paused"} onChange={(event) => change({ paused: event.currentTarget.checked })} />
      <Button size="compact-sm" variant="default" loading={isBusy} onClick={() => run(alerting.sendTest("warning", [channel.channel_id]), "A test alert is on its way.")}>
        Test the whole way
      </Button>
    </div>
  );
}

function ChannelItem({ channel, mayChange }: { readonly channel: Channel; readonly mayChange: boolean }) {
  const { alerting } = useServices();
  const { run } = useWork();
  const { tone, word } = CHANNEL_STATE[channel.state];
  return (
    <li className={styles["channel"]} data-testid="channel-row" data-state={channel.state}>
      <div className={styles["who"]}>
        <span>
          <strong>{channel.name}</strong> <Mark tone={tone}>{word}</Mark>
        </span>
        <span className={styles["nobody"]}>
          {KIND[channel.kind]} · <code>{channel.hint}</code>
          {channel.verified_at && (
            <>
              {" "}
              · verified <Age at={channel.verified_at} /> ago
            </>
          )}
        </span>
        {channel.state_code && <code className={styles["bad"]}>{channel.state_code}</code>}
      </div>
      {mayChange && (channel.state === "unverified" ? <Verify channel={channel} /> : <Wishes channel={channel} />)}
      {mayChange && (
        <Button size="compact-sm" variant="subtle" color="red" onClick={() => run(alerting.removeChannel(channel.channel_id), `${channel.name} is removed.`)} aria-label={`Remove ${channel.name}`}>
          Remove
        </Button>
      )}
    </li>
  );
}

export function ChannelsPanel() {
  const [search, setSearch] = useSearchParams();
  const { resource, reload } = useChannels();
  const permissions = useAbility<Permissions>();
  const mayChange = permissions.can("update", "AlertChannel");
  const channels = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  const show = (shown: boolean) => setSearch(shown ? { tab: "channels", add: "1" } : { tab: "channels" });
  const add = permissions.can("create", "AlertChannel") && (
    <Button size="compact-xs" onClick={() => show(true)} data-testid="add-channel">
      Add a channel
    </Button>
  );
  return (
    <Panel title="Channels" actions={add} grow>
      {channels && problem && <StaleNote fault={problem} age={null} onRetry={again} />}
      {!channels && (problem ? <Failure fault={problem} title="The channels could not be shown" onRetry={again} /> : <TableSkeleton rows={4} columns={3} />)}
      {channels?.length === 0 && (
        <Empty title="Alerts stay on this page" action={add}>
          Add e-mail, Telegram, Discord, a webhook of your own or this browser. Two channels are better than one: what the first does not deliver can escalate to the second.
        </Empty>
      )}
      {channels && channels.length > 0 && (
        <ul className={styles["list"]}>
          {channels.map((channel) => (
            <ChannelItem key={channel.channel_id} channel={channel} mayChange={mayChange} />
          ))}
        </ul>
      )}
      <ChannelDialog opened={search.get("add") === "1"} onClose={() => show(false)} />
    </Panel>
  );
}
