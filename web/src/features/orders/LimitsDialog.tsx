/** Pre-trade limits of the desk and of each account; checked before every order. */
import { Button, Checkbox, NativeSelect, NumberInput, Skeleton, TextInput } from "@mantine/core";
import { useAbility } from "@casl/react";
import { type SubmitEvent, useState } from "react";
import { Instant } from "@/core/Figures";
import type { Permissions } from "@/core/permissions";
import { type Problem, problemOf } from "@/core/problems";
import { useAccounts, useUser } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { type NewLimits, useLimits } from "@/core/trading";
import type { Limits, LimitsList } from "@/core/trading_contracts";
import { type Decimal, isDecimal } from "@/shared/decimals";
import { Dialog } from "@/shared/Dialog";
import { Failure } from "@/shared/Panel";
import styles from "./orders.module.css";

const NONE: NewLimits = {
  notional_max: null,
  exposure_max: null,
  asset_exposure_max: null,
  asset_exposures: {},
  orders_per_minute_max: null,
  reduce_only: false,
};

const AMOUNTS = [
  { name: "notional_max", label: "Most of one order" },
  { name: "exposure_max", label: "Most exposure besides cash" },
  { name: "asset_exposure_max", label: "Most exposure to one asset" },
] as const;

/** `BTC 5000, ETH 2000` as the exposures it means; null for what can't be meant. */
export function exposuresOf(text: string): Record<string, Decimal> | null {
  const pairs = text
    .split(",")
    .map((part) => part.trim().split(/\s+/))
    .filter(([asset]) => asset);
  const found: Record<string, Decimal> = {};
  for (const [asset = "", most = "", ...more] of pairs) {
    if (more.length > 0 || !isDecimal(most) || most.startsWith("-")) return null;
    found[asset.toUpperCase()] = most;
  }
  return found;
}

const amountOf = (text: FormDataEntryValue | null): Decimal | null | undefined => {
  const plain = (typeof text === "string" ? text : "").trim();
  if (!plain) return null;
  return isDecimal(plain) && !plain.startsWith("-") ? plain : undefined;
};

function read(form: HTMLFormElement): NewLimits | null {
  const fields = new FormData(form);
  const amounts = AMOUNTS.map(({ name }) => [name, amountOf(fields.get(name))] as const);
  const exposures = exposuresOf((fields.get("asset_exposures") as string | null) ?? "");
  if (exposures === null || amounts.some(([, amount]) => amount === undefined)) return null;
  const rate = (fields.get("orders_per_minute_max") as string | null) ?? "";
  return {
    ...NONE,
    ...Object.fromEntries(amounts),
    asset_exposures: exposures,
    orders_per_minute_max: rate === "" ? null : Number(rate),
    reduce_only: fields.get("reduce_only") !== null,
  };
}

interface LimitsFormProps {
  readonly accountId: string | null;
  readonly limits: Limits | undefined;
  readonly unit: string;
}

function LimitsForm({ accountId, limits, unit }: LimitsFormProps) {
  const { trading, resources, notices } = useServices();
  const mayChange = useAbility<Permissions>().can("update", "Limit");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isMalformed, setMalformed] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const wanted = read(event.currentTarget);
    setMalformed(wanted === null);
    if (wanted === null) return;
    setBusy(true);
    setProblem(null);
    trading
      .setLimits(accountId, wanted)
      .then(() => {
        notices.say("The limits are set.");
        resources.refresh("limits");
      })
      .catch((thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  const exposures = Object.entries(limits?.asset_exposures ?? {}).map(([asset, most]) => `${asset} ${most}`);
  return (
    <form className={styles["form"]} onSubmit={onSubmit} data-testid="limits-form">
      {AMOUNTS.map(({ name, label }) => (
        <TextInput key={name} size="xs" name={name} label={`${label}, ${unit}`} placeholder="no limit" inputMode="decimal" autoComplete="off" defaultValue={limits?.[name] ?? ""} />
      ))}
      <TextInput size="xs" name="asset_exposures" label={`Of named assets, ${unit}`} placeholder="BTC 5000, ETH 2000" autoComplete="off" defaultValue={exposures.join(", ")} />
      <NumberInput size="xs" name="orders_per_minute_max" label="Most orders a minute" placeholder="no limit" min={0} allowDecimal={false} hideControls defaultValue={limits?.orders_per_minute_max ?? ""} />
      <Checkbox size="xs" name="reduce_only" label="Only orders that reduce" defaultChecked={limits?.reduce_only ?? false} />
      <p className={styles["hint"]}>Checked before every order, whoever places it. Orders that only reduce pass the limits on size and exposure.</p>
      {isMalformed && <p className={styles["refusal"]}>One of the limits is not a number.</p>}
      {problem && <Failure fault={problem} title="The limits are not set" />}
      {mayChange && (
        <Button type="submit" size="xs" loading={isBusy}>
          Set these limits
        </Button>
      )}
    </form>
  );
}

function LimitsPanel({ list }: { readonly list: LimitsList }) {
  const accounts = valueOf(useAccounts().resource) ?? [];
  const { base_asset } = useUser();
  const [chosen, setChosen] = useState("");
  const places = [{ value: "", label: "The whole desk" }, ...accounts.map(({ account_id, label }) => ({ value: account_id, label }))];
  const limits = list.items.find(({ account_id }) => (account_id ?? "") === chosen);
  return (
    <>
      <NativeSelect size="xs" label="Limits of" data={places} value={chosen} onChange={(event) => setChosen(event.currentTarget.value)} />
      <LimitsForm key={`${chosen} ${JSON.stringify(limits ?? null)}`} accountId={chosen || null} limits={limits} unit={base_asset} />
      {list.audit.length > 0 && (
        <details className={styles["audit"]}>
          <summary>Who changed what</summary>
          <ol className={styles["steps"]}>
            {list.audit.map(({ at, action, actor }, index) => (
              <li key={index}>
                <Instant at={at} /> {action} <span className={styles["dim"]}>{actor}</span>
              </li>
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

function Loaded() {
  const { resource, reload } = useLimits();
  const list = valueOf(resource);
  const problem = problemIn(resource);
  if (list) return <LimitsPanel list={list} />;
  return problem ? <Failure fault={problem} title="The limits could not be shown" onRetry={() => void reload()} /> : <Skeleton height={320} />;
}

export function LimitsDialog({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Pre-trade limits" size={440}>
      {opened && <Loaded />}
    </Dialog>
  );
}
