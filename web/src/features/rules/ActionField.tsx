/** One action of the sequence. */
import { Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useAccounts } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { type Action, SIZE_UNITS } from "@/core/rules_contracts";
import { ACTION_KINDS, type ActionKind, type Faults, newAction } from "@/features/rules/drafts";
import { NotifyField } from "@/features/rules/NotifyField";
import { RatioInput } from "@/features/rules/RatioInput";
import { ScopeField } from "@/features/rules/ScopeField";
import { ACTION_WORDS } from "@/features/rules/words";
import styles from "./rules.module.css";

type Of<Kind extends Action["kind"]> = Extract<Action, { kind: Kind }>;
type Put = (action: Action) => void;

const UNIT_LABELS = { base: "units of the asset", quote: "of the quote asset", ratio: "part of what is free" } as const;
const UNITS = SIZE_UNITS.map((value) => ({ value, label: UNIT_LABELS[value] }));

function SizeField({ size, onChange }: { readonly size: Of<"sell">["size"]; readonly onChange: (size: Of<"sell">["size"]) => void }) {
  const unit = (value: string) => SIZE_UNITS.find((each) => each === value) ?? "ratio";
  return (
    <>
      <NativeSelect size="xs" label="Size in" data={UNITS} value={size.unit} onChange={(event) => onChange({ unit: unit(event.currentTarget.value), value: event.currentTarget.value === "ratio" ? "1" : size.value })} />
      {size.unit === "ratio" ? (
        <RatioInput label="Part, %" ratio={size.value} onChange={(value) => onChange({ ...size, value })} />
      ) : (
        <TextInput size="xs" label="Size" inputMode="decimal" value={size.value} onChange={(event) => onChange({ ...size, value: event.currentTarget.value })} />
      )}
    </>
  );
}

function OrderField({ action, onChange }: { readonly action: Of<"place_order">; readonly onChange: Put }) {
  const accounts = valueOf(useAccounts().resource) ?? [];
  return (
    <div className={styles["line"]}>
      <NativeSelect size="xs" label="Account" data={accounts.map(({ account_id, label }) => ({ value: account_id, label }))} value={action.account_id} onChange={(event) => onChange({ ...action, account_id: event.currentTarget.value })} />
      <TextInput size="xs" label="Market" value={action.instrument} spellCheck={false} onChange={(event) => onChange({ ...action, instrument: event.currentTarget.value.toUpperCase() })} />
      <NativeSelect size="xs" label="Side" data={["buy", "sell"]} value={action.side} onChange={(event) => onChange({ ...action, side: event.currentTarget.value === "sell" ? "sell" : "buy" })} />
      <NativeSelect size="xs" label="Type" data={["market", "limit"]} value={action.type} onChange={(event) => onChange({ ...action, type: event.currentTarget.value, limit_price: null })} />
      <SizeField size={action.size} onChange={(size) => onChange({ ...action, size })} />
      {action.type === "limit" && <TextInput size="xs" label="Limit price" inputMode="decimal" value={action.limit_price ?? ""} onChange={(event) => onChange({ ...action, limit_price: event.currentTarget.value || null })} />}
      <Checkbox size="xs" label="Only reduce" checked={action.reduce_only} onChange={(event) => onChange({ ...action, reduce_only: event.currentTarget.checked })} />
    </div>
  );
}

function SaleField({ action, onChange }: { readonly action: Of<"panic_sell"> | Of<"sell"> | Of<"reduce">; readonly onChange: Put }) {
  return (
    <>
      {action.kind !== "sell" && <ScopeField label="Of" scope={action.scope} fault={undefined} onChange={(scope) => onChange({ ...action, scope })} />}
      <div className={styles["line"]}>
        {action.kind === "sell" && <TextInput size="xs" label="Asset" value={action.asset} onChange={(event) => onChange({ ...action, asset: event.currentTarget.value.toUpperCase() })} />}
        {action.kind === "sell" && <SizeField size={action.size} onChange={(size) => onChange({ ...action, size })} />}
        {action.kind === "reduce" && <RatioInput label="Part of each, %" ratio={action.ratio} onChange={(ratio) => onChange({ ...action, ratio })} />}
        <TextInput size="xs" label="Into" placeholder="what sells best" value={action.into ?? ""} onChange={(event) => onChange({ ...action, into: event.currentTarget.value.toUpperCase() || null })} />
      </div>
    </>
  );
}

function Parts({ action, onChange }: { readonly action: Action; readonly onChange: Put }) {
  switch (action.kind) {
    case "panic_sell":
    case "sell":
    case "reduce":
      return <SaleField action={action} onChange={onChange} />;
    case "place_order":
      return <OrderField action={action} onChange={onChange} />;
    case "cancel_orders":
      return <ScopeField label="Of" scope={action.scope} fault={undefined} onChange={(scope) => onChange({ ...action, scope })} />;
    case "halt_trading":
      return <Checkbox size="xs" label="Orders that only reduce may go on" checked={action.allow_reducing} onChange={(event) => onChange({ ...action, allow_reducing: event.currentTarget.checked })} />;
    case "notify":
      return <NotifyField action={action} onChange={onChange} />;
    case "webhook":
      return <TextInput size="xs" label="Address" type="url" value={action.url} onChange={(event) => onChange({ ...action, url: event.currentTarget.value })} />;
    default:
      return <p className={styles["dim"]}>Bots are set where they are connected.</p>;
  }
}

interface ActionFieldProps {
  readonly action: Action;
  readonly place: string;
  readonly faults: Faults;
  readonly onChange: Put;
}

export function ActionField({ action, place, faults, onChange }: ActionFieldProps) {
  const first = valueOf(useAccounts().resource)?.[0]?.account_id ?? "";
  const kinds = [...ACTION_KINDS, ...(ACTION_KINDS.some((kind) => kind === action.kind) ? [] : [action.kind])];
  const told = Object.entries(faults).filter(([path]) => path === place || path.startsWith(`${place}.`));
  return (
    <>
      <NativeSelect size="xs" label="Action" data={kinds.map((value) => ({ value, label: ACTION_WORDS[value] }))} value={action.kind} onChange={(event) => onChange(newAction(event.currentTarget.value as ActionKind, first))} />
      <Parts action={action} onChange={onChange} />
      {told.map(([path, message]) => (
        <p key={path} className={styles["fault"]} role="alert">
          {path.slice(place.length + 1).replaceAll("_", " ")} {message}
        </p>
      ))}
    </>
  );
}
