/** The alert centre: how well the channels deliver, and every alert with its way. */
import { Button, SegmentedControl } from "@mantine/core";
import { useAbility } from "@casl/react";
import { useSearchParams } from "react-router";
import { ALERTS_EVERY_MS, alertsKey, useAlerts, useChannels } from "@/core/alerting";
import type { Alert, Channel } from "@/core/alerts_contracts";
import { AnsweredAge, Freshness } from "@/core/Freshness";
import type { Permissions } from "@/core/permissions";
import { problemOf } from "@/core/problems";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { AlertItem } from "@/features/alerts/AlertItem";
import { Delays } from "@/features/alerts/Delays";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./alerts.module.css";

const FILTERS = [
  { value: "all", label: "All" },
  { value: "critical", label: "Critical" },
  { value: "warning", label: "Warning" },
  { value: "info", label: "Info" },
];

function useActs() {
  const { alerting, resources, notices } = useServices();
  const act = (work: Promise<unknown>, said?: string) =>
    void work
      .then(
        () => said && notices.say(said),
        (thrown: unknown) => notices.say(`${problemOf(thrown).detail} (${problemOf(thrown).code})`, "failed"),
      )
      .finally(() => resources.refresh("alerts:"));
  return {
    acknowledge: ({ alert_id }: Alert) => act(alerting.acknowledge(alert_id)),
    acknowledgeAll: () => act(alerting.acknowledgeAll()),
    test: () => act(alerting.sendTest("warning"), "A test alert is on its way."),
  };
}

interface ListProps {
  readonly alerts: readonly Alert[];
  readonly channels: ReadonlyMap<string, Channel> | null;
  readonly isStale: boolean;
}

function List({ alerts, channels, isStale }: ListProps) {
  const { acknowledge } = useActs();
  const [search, setSearch] = useSearchParams();
  const shown = search.get("alert");
  const toggle = (id: string) =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      if (shown === id) after.delete("alert");
      else after.set("alert", id);
      return after;
    });
  return (
    <ul className={`${styles["list"]} ${isStale ? "quiet" : ""}`} data-testid="alerts">
      {alerts.map((alert) => (
        <AlertItem
          key={alert.alert_id}
          alert={alert}
          channels={channels}
          isOpen={shown === alert.alert_id}
          onToggle={() => toggle(alert.alert_id)}
          onAcknowledge={() => acknowledge(alert)}
        />
      ))}
    </ul>
  );
}

export function AlertList() {
  const [search, setSearch] = useSearchParams();
  const severity = search.get("severity");
  const { resource, reload } = useAlerts(severity);
  const channels = valueOf(useChannels().resource);
  const { acknowledgeAll, test } = useActs();
  const maySend = useAbility<Permissions>().can("create", "Alert");
  const page = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  const choose = (value: string) => setSearch(value === "all" ? {} : { severity: value });
  const actions = (
    <>
      <Freshness resourceKey={alertsKey(severity)} everyMs={ALERTS_EVERY_MS} />
      <SegmentedControl size="xs" aria-label="Severity" data={FILTERS} value={severity ?? "all"} onChange={choose} />
      {!!page?.unacknowledged && (
        <Button size="compact-xs" variant="default" onClick={acknowledgeAll}>
          Acknowledge all {page.unacknowledged}
        </Button>
      )}
      {maySend && (
        <Button size="compact-xs" variant="default" onClick={test} data-testid="send-test">
          Send a test
        </Button>
      )}
    </>
  );
  return (
    <>
      <Delays channels={channels ?? []} alerts={page?.items ?? []} />
      <Panel title="Alerts" actions={actions} grow>
        {page && problem && <StaleNote fault={problem} age={<AnsweredAge resourceKey={alertsKey(severity)} />} onRetry={again} />}
        {!page && (problem ? <Failure fault={problem} title="The alerts could not be shown" onRetry={again} /> : <TableSkeleton rows={8} columns={4} />)}
        {page?.items.length === 0 && (
          <Empty title={severity ? `No alert is ${severity}` : "No alert was raised yet"}>
            Rules, orders and the desk itself say here what you must know, with every hop on the way to you. Add a channel to hear of it elsewhere.
          </Empty>
        )}
        {page && page.items.length > 0 && <List alerts={page.items} channels={channels && new Map(channels.map((each) => [each.channel_id, each]))} isStale={problem !== null} />}
      </Panel>
    </>
  );
}
