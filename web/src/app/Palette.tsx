/** Ctrl-K: every page, action, account and asset by a few letters. */
import { type KeyboardEvent, useId, useState } from "react";
import { useNavigate } from "react-router";
import type { Action } from "@/app/actions";
import { Keys } from "@/app/KeyList";
import { rank } from "@/app/ranking";
import { useAccounts, usePortfolio } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { BareDialog } from "@/shared/Dialog";
import styles from "./Palette.module.css";

interface PaletteProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly actions: readonly Action[];
}

/** Accounts and assets of the desk as things one can go to. */
function usePlaces(): readonly Action[] {
  const navigate = useNavigate();
  const accounts = valueOf(useAccounts().resource) ?? [];
  const assets = valueOf(usePortfolio().resource)?.assets ?? [];
  const go = (path: string) => () => void navigate(path);
  return [
    ...accounts.flatMap(({ account_id: id, label }): Action[] => [
      { id: `ledger-${id}`, name: `Ledger of ${label}`, group: "Accounts", run: go(`/ledger?account=${id}`) },
      { id: `holdings-${id}`, name: `Holdings of ${label}`, group: "Accounts", run: go(`/portfolio?view=holdings&account=${id}`) },
      { id: `import-${id}`, name: `Import of ${label}`, group: "Accounts", run: go(`/accounts/${id}/import`) },
    ]),
    ...assets.map(({ asset }): Action => ({ id: `asset-${asset}`, name: `Ledger of ${asset}`, group: "Assets", run: go(`/ledger?asset=${asset}`) })),
  ];
}

function PaletteBody({ onClose, actions }: Omit<PaletteProps, "opened">) {
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useId();
  const places = usePlaces();
  const found = rank(query, [...actions.filter(({ id }) => id !== "palette"), ...places]);
  const index = Math.min(chosen, found.length - 1);
  const run = (action: Action | undefined) => {
    if (!action) return;
    onClose();
    action.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setChosen((index + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run(found[index]);
    else return;
    event.preventDefault();
  };
  return (
    <div className={styles["palette"]} data-testid="palette">
      <input
        data-autofocus
        className={styles["input"]}
        role="combobox"
        aria-label="Find a page, action, account or asset"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found[index] ? `${list}-${index}` : undefined}
        placeholder="Page, action, account, asset"
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={list} role="listbox" aria-label="Found" className={styles["list"]} tabIndex={-1}>
        {found.map((action, at) => (
          <div
            key={action.id}
            id={`${list}-${at}`}
            role="option"
            aria-selected={at === index}
            className={styles["option"]}
            ref={at === index ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
            onMouseMove={() => setChosen(at)}
            onClick={() => run(action)}
          >
            <span>{action.name}</span>
            <span className={styles["group"]}>{action.group}</span>
            {action.key && <Keys keys={action.key} />}
          </div>
        ))}
      </div>
      {found.length === 0 && <p className={styles["none"]}>Nothing is called that.</p>}
    </div>
  );
}

export function Palette({ opened, onClose, actions }: PaletteProps) {
  return (
    <BareDialog opened={opened} onClose={onClose} size={560} title="Command palette">
      <PaletteBody onClose={onClose} actions={actions} />
    </BareDialog>
  );
}
