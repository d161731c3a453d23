/** Which part of the portfolio: all of it, an account, one asset. */
import { NativeSelect, TextInput } from "@mantine/core";
import { useAccounts } from "@/core/queries";
import { valueOf } from "@/core/resources";
import type { Scope } from "@/core/rules_contracts";
import styles from "./rules.module.css";

interface ScopeFieldProps {
  readonly label: string;
  readonly scope: Scope;
  readonly fault: string | undefined;
  readonly onChange: (scope: Scope) => void;
}

/** The scope that its parts mean; its kind follows from them. */
export function scopeOf(accountId: string, asset: string): Scope {
  const kind = asset ? "position" : accountId ? "account" : "portfolio";
  return { kind, account_id: accountId || null, asset: asset || null };
}

export function ScopeField({ label, scope, fault, onChange }: ScopeFieldProps) {
  const accounts = valueOf(useAccounts().resource) ?? [];
  const data = [{ value: "", label: "The whole portfolio" }, ...accounts.map(({ account_id, label: name }) => ({ value: account_id, label: name }))];
  const [accountId, asset] = [scope.account_id ?? "", scope.asset ?? ""];
  return (
    <div className={styles["line"]}>
      <NativeSelect size="xs" label={label} data={data} value={accountId} error={fault ?? null} onChange={(event) => onChange(scopeOf(event.currentTarget.value, asset))} />
      <TextInput size="xs" label="Only one asset" placeholder="all" value={asset} autoComplete="off" onChange={(event) => onChange(scopeOf(accountId, event.currentTarget.value.toUpperCase().trim()))} />
    </div>
  );
}
