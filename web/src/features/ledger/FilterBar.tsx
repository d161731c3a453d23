/** Narrows the ledger; every choice stands in the address. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { type KeyboardEvent, useRef } from "react";
import type { Account } from "@/core/contracts";
import { useDisplay } from "@/core/display";
import { filterOf, type FilterName, isFiltered, KINDS, withFilter } from "@/features/ledger/filter";
import { kindWords } from "@/features/ledger/legs";
import { instantOf, localOf } from "@/shared/zoned";
import styles from "./ledger.module.css";

interface FilterBarProps {
  readonly search: URLSearchParams;
  readonly onSearch: (search: URLSearchParams) => void;
  readonly accounts: readonly Account[];
}

const choiceOf = ({ account_id, label, state }: Account) => ({ value: account_id, label: state === "disconnected" ? `${label} (disconnected)` : label });

/** A text that filters when one is done with it: by Enter or by leaving the field. */
function TextFilter({ label, value, placeholder, onDone }: { readonly label: string; readonly value: string; readonly placeholder: string; readonly onDone: (value: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const finish = () => {
    const text = field.current?.value.trim().toUpperCase() ?? "";
    if (text !== value) onDone(text);
  };
  return (
    <TextInput
      key={value}
      ref={field}
      size="xs"
      aria-label={label}
      placeholder={placeholder}
      defaultValue={value}
      onBlur={finish}
      onKeyDown={(event: KeyboardEvent) => event.key === "Enter" && finish()}
    />
  );
}

export function FilterBar({ search, onSearch, accounts }: FilterBarProps) {
  const { zone } = useDisplay();
  const set = (name: FilterName) => (value: string) => onSearch(withFilter(search, name, value));
  const value = (name: FilterName) => search.get(name) ?? "";
  const time = (name: "from" | "to", label: string) => (
    <TextInput
      size="xs"
      type="datetime-local"
      aria-label={`${label} (${zone})`}
      title={`${label}, in ${zone}`}
      value={localOf(value(name), zone)}
      onChange={(event) => set(name)(instantOf(event.currentTarget.value, zone) ?? "")}
    />
  );
  return (
    <div className={styles["filter"]} role="search" aria-label="Filter">
      <NativeSelect
        size="xs"
        aria-label="Account"
        value={value("account")}
        onChange={(event) => set("account")(event.currentTarget.value)}
        data={[{ value: "", label: "Every account" }, ...accounts.map(choiceOf)]}
      />
      <NativeSelect
        size="xs"
        aria-label="Kind"
        value={value("kind")}
        onChange={(event) => set("kind")(event.currentTarget.value)}
        data={[{ value: "", label: "Every kind" }, ...KINDS.map((kind) => ({ value: kind, label: kindWords(kind) }))]}
      />
      <TextFilter label="Asset" placeholder="Asset" value={value("asset")} onDone={set("asset")} />
      <TextFilter label="Instrument" placeholder="BINANCE:BTC/USDT" value={value("instrument")} onDone={set("instrument")} />
      {time("from", "From")}
      {time("to", "Until")}
      {isFiltered(filterOf(search)) && (
        <Button size="compact-xs" variant="default" onClick={() => onSearch(new URLSearchParams())}>
          Clear
        </Button>
      )}
    </div>
  );
}
