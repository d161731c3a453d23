/** One account: its state, its key, its import, what can be done with it. */
import { Button } from "@mantine/core";
import { useAbility } from "@casl/react";
import { Link } from "react-router";
import type { Account, ImportProgress } from "@/core/contracts";
import { Age, Count } from "@/core/Figures";
import { isOpen } from "@/core/imports";
import type { Permissions } from "@/core/permissions";
import { useImport } from "@/core/queries";
import { KeyCard } from "@/features/accounts/KeyCard";
import { percentDone, ProgressBar } from "@/features/accounts/ProgressBar";
import { ACCOUNT_STATES, adviceFor, IMPORT_STATES } from "@/features/accounts/words";
import { Mark } from "@/shared/Mark";
import styles from "./accounts.module.css";

function ImportLine({ account, progress }: { readonly account: Account; readonly progress: ImportProgress }) {
  const { tone, word } = IMPORT_STATES[progress.state];
  return (
    <div className={styles["importLine"]}>
      <Link to={`/accounts/${account.account_id}/import`}>History</Link>
      <Mark tone={tone}>{word}</Mark>
      {isOpen(progress) && <ProgressBar progress={progress} label={`Import of ${account.label}`} />}
      {isOpen(progress) && <span>{percentDone(progress).toFixed(1)} %</span>}
      <span>
        <Count value={progress.rows_recorded} /> rows
      </span>
      {progress.error_code && <code className={styles["mono"]}>{progress.error_code}</code>}
    </div>
  );
}

interface AccountItemProps {
  readonly account: Account;
  readonly onRefresh: () => void;
  readonly onDisconnect: () => void;
}

export function AccountItem({ account, onRefresh, onDisconnect }: AccountItemProps) {
  const progress = useImport(account);
  const permissions = useAbility<Permissions>();
  const { tone, word } = ACCOUNT_STATES[account.state];
  const isConnected = account.state !== "disconnected";
  const mayChange = isConnected && permissions.can("delete", "Account");
  return (
    <li className={styles["item"]} data-testid="account" data-account={account.account_id} data-state={account.state}>
      <div className={styles["head"]}>
        <strong>{account.label}</strong>
        <span className={styles["venue"]}>{account.venue}</span>
        <Mark tone={tone}>{word}</Mark>
        <Age at={account.refreshed_at} prefix="refreshed " />
        <div className={styles["buttons"]}>
          <Link to={`/portfolio?view=holdings&account=${account.account_id}`}>Holdings</Link>
          <Link to={`/ledger?account=${account.account_id}`}>Ledger</Link>
          {isConnected && permissions.can("refresh", "Account") && (
            <Button size="compact-xs" variant="default" onClick={onRefresh}>
              Refresh
            </Button>
          )}
          {mayChange && (
            <Button size="compact-xs" variant="default" onClick={onDisconnect}>
              Disconnect
            </Button>
          )}
        </div>
      </div>
      {account.state_code && (
        <p className={styles["trouble"]}>
          {adviceFor(account.state_code) ?? "The venue refused the last request."} <code className={styles["mono"]}>{account.state_code}</code>
        </p>
      )}
      <KeyCard account={account} />
      {progress && <ImportLine account={account} progress={progress} />}
    </li>
  );
}
