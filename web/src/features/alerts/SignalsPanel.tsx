/** TradingView's alerts: where they come in, and what came. */
import { Button, CopyButton, NumberInput, TextInput } from "@mantine/core";
import { useAbility } from "@casl/react";
import { type SubmitEvent, useState } from "react";
import { useHooks, useSignals } from "@/core/alerting";
import type { Hook, Hooks, Signal } from "@/core/alerts_contracts";
import { Age } from "@/core/Figures";
import type { Permissions } from "@/core/permissions";
import { problemOf } from "@/core/problems";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { Mark } from "@/shared/Mark";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import { spanText } from "@/shared/latency";
import styles from "./alerts.module.css";

const Copied = ({ value, what }: { readonly value: string; readonly what: string }) => (
  <CopyButton value={value}>
    {({ copied, copy }) => (
      <Button size="compact-xs" variant="default" onClick={copy}>
        {copied ? "Copied" : what}
      </Button>
    )}
  </CopyButton>
);

function Made({ hook }: { readonly hook: Hook }) {
  const url = `${location.origin}${hook.path}`;
  return (
    <div className={styles["made"]} role="status" data-testid="made-hook">
      <p>Paste this URL at TradingView as the alert&apos;s webhook. It is shown this once; whoever knows it can send signals.</p>
      <code>{url}</code> <Copied value={url} what="Copy the URL" />
    </div>
  );
}

function MakeHook({ onMade }: { readonly onMade: (hook: Hook) => void }) {
  const { alerting, resources, notices } = useServices();
  const [isBusy, setBusy] = useState(false);
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    setBusy(true);
    void alerting
      .makeHook({ name: (fields.get("name") as string).trim(), stale_after_s: Number.parseInt(fields.get("stale") as string, 10), stale_policy: "ignore" })
      .then(onMade, (thrown: unknown) => notices.say(problemOf(thrown).detail, "failed"))
      .finally(() => {
        setBusy(false);
        resources.refresh("signal-hooks");
      });
  };
  return (
    <form className={styles["verify"]} onSubmit={onSubmit} data-testid="hook-form">
      <TextInput name="name" label="Name of its signals" placeholder="trend" required maxLength={80} size="xs" />
      <NumberInput name="stale" label="Too late after" defaultValue={60} min={1} max={86_400} suffix=" s" size="xs" w={110} />
      <Button type="submit" size="compact-sm" loading={isBusy}>
        Make a URL
      </Button>
    </form>
  );
}

function HookList({ hooks, mayChange }: { readonly hooks: Hooks; readonly mayChange: boolean }) {
  const { alerting, resources } = useServices();
  const remove = (hook: Hook) => void alerting.removeHook(hook.hook_id).finally(() => resources.refresh("signal-hooks"));
  return (
    <ul className={styles["list"]}>
      {hooks.items.map((hook) => (
        <li key={hook.hook_id} className={styles["channel"]} data-testid="hook-row">
          <div className={styles["who"]}>
            <strong>{hook.name}</strong>
            <span className={styles["nobody"]}>
              late after {hook.stale_after_s} s, {hook.stale_policy === "ignore" ? "then ignored" : "then marked"} · last signal <Age at={hook.last_used_at} why="none yet" />
            </span>
          </div>
          {mayChange && (
            <Button size="compact-sm" variant="subtle" color="red" onClick={() => remove(hook)} aria-label={`Remove ${hook.name}`}>
              Remove
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

function HooksPanel() {
  const { resource, reload } = useHooks();
  const [made, setMade] = useState<Hook | null>(null);
  const mayChange = useAbility<Permissions>().can("create", "Signal");
  const hooks = valueOf(resource);
  const problem = problemIn(resource);
  return (
    <Panel title="Where TradingView sends to" actions={hooks && <Copied value={hooks.template} what="Copy the message for TradingView" />}>
      {!hooks && (problem ? <Failure fault={problem} onRetry={() => void reload()} /> : <TableSkeleton rows={2} columns={2} />)}
      {mayChange && <MakeHook onMade={setMade} />}
      {made && <Made hook={made} />}
      {hooks && <HookList hooks={hooks} mayChange={mayChange} />}
    </Panel>
  );
}

function SignalRow({ signal }: { readonly signal: Signal }) {
  return (
    <tr data-testid="signal-row" title={signal.payload}>
      <td>
        <Age at={signal.received_at} />
      </td>
      <td>
        <strong>{signal.name}</strong>
      </td>
      <td>{signal.instrument ?? "—"}</td>
      <td>{signal.action ?? "—"}</td>
      <td className={styles["number"]}>{signal.price ?? "—"}</td>
      <td>{signal.previous_position || signal.position ? `${signal.previous_position ?? "?"} → ${signal.position ?? "?"}` : "—"}</td>
      <td className={styles["number"]}>{spanText(signal.late_s === null ? null : Math.max(0, signal.late_s * 1000))}</td>
      <td>
        {signal.state === "stale" ? <Mark tone="warn">too late</Mark> : <Mark tone="good">counts</Mark>} {signal.gap && <Mark tone="bad">one before it was lost</Mark>}{" "}
        {!signal.from_known_address && <Mark title="TradingView publishes four addresses; this came from another. A hint, no proof.">other address</Mark>}
      </td>
    </tr>
  );
}

function SignalTable() {
  const { resource, reload } = useSignals();
  const signals = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  return (
    <Panel title="Signals" grow>
      {signals && problem && <StaleNote fault={problem} age={signals[0] && <Age at={signals[0].received_at} />} onRetry={again} />}
      {!signals && (problem ? <Failure fault={problem} title="The signals could not be shown" onRetry={again} /> : <TableSkeleton rows={6} columns={7} />)}
      {signals?.length === 0 && (
        <Empty title="No signal came yet">Make a URL above and paste it at TradingView. A rule can then read the newest signal by its name.</Empty>
      )}
      {signals && signals.length > 0 && (
        <div className={styles["scroll"]}>
          <table className={styles["table"]}>
            <thead>
              <tr>
                {["Came", "Signal", "Market", "Action", "Price", "Position", "Late", "Counts"].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {signals.map((signal) => (
                <SignalRow key={signal.signal_id} signal={signal} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

export const SignalsPanel = () => (
  <>
    <HooksPanel />
    <SignalTable />
  </>
);
