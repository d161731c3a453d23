/** Every account in a row: its state, its worth, its key, how far its history is proven, what can be done with it. */
import { useAbility } from "@casl/react";
import { Link } from "react-router";
import type { BalanceCheck } from "@/core/books_contracts";
import type { Account, AccountValue, ImportProgress } from "@/core/contracts";
import { useDisplay } from "@/core/display";
import { Age, Count, Value } from "@/core/Figures";
import { isOpen } from "@/core/imports";
import type { Permissions } from "@/core/permissions";
import { useImport } from "@/core/queries";
import { KeyBadge } from "@/features/accounts/KeyBadge";
import { percentDone, ProgressBar } from "@/features/accounts/ProgressBar";
import { ACCOUNT_STATES, adviceFor, IMPORT_STATES, venueName } from "@/features/accounts/words";
import { exactInstantText, instantText } from "@/shared/instants";
import { Mark } from "@/shared/Mark";
import { RowMenu } from "@/shared/RowMenu";
import styles from "./accounts.module.css";

export interface AccountDeeds {
  readonly refresh: (account: Account) => void;
  readonly rotate: (account: Account) => void;
  readonly test: (account: Account) => void;
  readonly importNew: (account: Account) => void;
  readonly disconnect: (account: Account) => void;
}

interface RowProps {
  readonly account: Account;
  readonly worth: AccountValue | undefined;
  readonly provenUntil: string | null;
  readonly deeds: AccountDeeds;
}

function History({ account, progress }: { readonly account: Account; readonly progress: ImportProgress | null }) {
  if (!progress) return <span className={styles["dim"]}>—</span>;
  const to = `/accounts/${account.account_id}/import`;
  if (isOpen(progress)) {
    return (
      <Link to={to} className={styles["inRow"]} aria-label={`Import of ${account.label}`}>
        <ProgressBar progress={progress} label={`Import of ${account.label}`} />
        <span>{percentDone(progress).toFixed(0)} %</span>
      </Link>
    );
  }
  const { tone, word } = IMPORT_STATES[progress.state];
  return (
    <Link to={to} className={styles["inRow"]} title={progress.error_message ?? undefined}>
      {progress.state === "done" ? null : <Mark tone={tone}>{word}</Mark>}
      <span>
        <Count value={progress.rows_recorded + progress.rows_duplicate} /> rows
      </span>
      {progress.rows_skipped > 0 && (
        <Mark tone="warn" title="Rows that were kept aside, each with its reason">
          <Count value={progress.rows_skipped} /> aside
        </Mark>
      )}
    </Link>
  );
}

/** The day in the user's zone; the title says exactly when. */
function Day({ at }: { readonly at: string }) {
  const { zone } = useDisplay();
  return (
    <time dateTime={at} title={exactInstantText(at, zone)}>
      {instantText(at, zone).slice(0, 10)}
    </time>
  );
}

function Proven({ account, until }: { readonly account: Account; readonly until: string | null }) {
  const since = account.history_since ?? null;
  if (until === null && since === null) {
    return (
      <span className={styles["dim"]} title="Not reconciled yet">
        —
      </span>
    );
  }
  return (
    <span className={styles["proven"]}>
      {since !== null && (
        <span title="The venue tells nothing older: bring in files for what was before">
          from <Day at={since} />
        </span>
      )}
      {until !== null && (
        <span>
          to <Day at={until} />
        </span>
      )}
    </span>
  );
}

function Deed({ onDo, isDangerous = false, children }: { readonly onDo: () => void; readonly isDangerous?: boolean; readonly children: string }) {
  return (
    <button type="button" onClick={onDo} data-danger={isDangerous}>
      {children}
    </button>
  );
}

function Deeds({ account, deeds }: { readonly account: Account; readonly deeds: AccountDeeds }) {
  const permissions = useAbility<Permissions>();
  const hasKey = account.state === "active" || account.state === "failing";
  const may = (action: string, subject = "Account") => permissions.can(action, subject);
  return (
    <RowMenu label={`What to do with ${account.label}`}>
      <Link to={`/portfolio?view=holdings&account=${account.account_id}`}>Holdings</Link>
      <Link to={`/ledger?account=${account.account_id}`}>Ledger</Link>
      {hasKey && <Link to={`/accounts/${account.account_id}/key`}>Key card</Link>}
      {hasKey && may("refresh") && <Deed onDo={() => deeds.refresh(account)}>Refresh balances</Deed>}
      {hasKey && may("create", "Import") && <Deed onDo={() => deeds.importNew(account)}>Import what is new</Deed>}
      {hasKey && may("refresh") && <Deed onDo={() => deeds.test(account)}>Test the key</Deed>}
      {hasKey && may("create") && <Deed onDo={() => deeds.rotate(account)}>Put in another key…</Deed>}
      {account.state !== "disconnected" && may("delete") && (
        <Deed isDangerous onDo={() => deeds.disconnect(account)}>
          Disconnect…
        </Deed>
      )}
    </RowMenu>
  );
}

function Row({ account, worth, provenUntil, deeds }: RowProps) {
  const progress = useImport(account);
  const { tone, word } = ACCOUNT_STATES[account.state];
  const advice = account.state_code ? (adviceFor(account.state_code) ?? "The venue refused the last request.") : undefined;
  return (
    <tr data-testid="account" data-account={account.account_id} data-state={account.state}>
      <th scope="row" className={styles["name"]}>
        <strong>{account.label}</strong>
        <span className={styles["venue"]}>{venueName(account.venue)}</span>
      </th>
      <td data-name="State">
        <span className={styles["badge"]} title={advice}>
          <Mark tone={tone}>{word}</Mark>
          {account.state_code && <code className={styles["code"]}>{account.state_code}</code>}
        </span>
      </td>
      <td className={styles["number"]} data-name="Worth">
        <Value value={worth?.value ?? null} why="Nothing with a price is known of it" />
      </td>
      <td data-name="Key">
        <KeyBadge account={account} />
      </td>
      <td data-name="History">
        <History account={account} progress={progress} />
      </td>
      <td data-name="Proven">
        <Proven account={account} until={provenUntil} />
      </td>
      <td data-name="Synced">
        <Age at={account.refreshed_at} />
      </td>
      <td className={styles["last"]}>
        <Deeds account={account} deeds={deeds} />
      </td>
    </tr>
  );
}

interface TableProps {
  readonly accounts: readonly Account[];
  readonly worths: readonly AccountValue[];
  readonly checks: readonly BalanceCheck[];
  readonly deeds: AccountDeeds;
  readonly isStale: boolean;
}

/** Until when every balance of an account is proven; null where one is not. */
export function provenUntilOf(checks: readonly BalanceCheck[], accountId: string): string | null {
  const untils = checks.filter(({ account_id }) => account_id === accountId).map(({ proven_until }) => proven_until);
  const known = untils.filter((until): until is string => until !== null).sort();
  return known.length < untils.length ? null : (known[0] ?? null);
}

export function AccountsTable({ accounts, worths, checks, deeds, isStale }: TableProps) {
  return (
    <div className={`${styles["scroll"]} ${isStale ? "quiet" : ""}`}>
      <table className={styles["table"]} data-testid="accounts-table">
        <thead>
          <tr>
            <th>Account</th>
            <th>State</th>
            <th className={styles["number"]}>Worth</th>
            <th>Key</th>
            <th>History</th>
            <th>Proven</th>
            <th>Synced</th>
            <th>
              <span className="hidden-text">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {accounts.map((account) => (
            <Row
              key={account.account_id}
              account={account}
              worth={worths.find(({ account_id }) => account_id === account.account_id)}
              provenUntil={provenUntilOf(checks, account.account_id)}
              deeds={deeds}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}
