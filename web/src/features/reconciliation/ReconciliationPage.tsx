/** What history adds up to beside what venues report, balance by balance, and until when each is proven. */
import { Checkbox, NativeSelect } from "@mantine/core";
import { Link, useSearchParams } from "react-router";
import { useChecks } from "@/core/books";
import type { BalanceCheck } from "@/core/books_contracts";
import { useDisplay } from "@/core/display";
import { Age, Amount, Count, Instant, Value } from "@/core/Figures";
import { useAccountsEver } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { exactInstantText } from "@/shared/instants";
import { Mark } from "@/shared/Mark";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import { Table } from "@/shared/Table";
import tableStyles from "@/shared/Table.module.css";
import styles from "./reconciliation.module.css";

/** Before a difference is a doubt it may be under way. */
const CYCLES = 3;

function Verdict({ check }: { readonly check: BalanceCheck }) {
  if (check.cycles_open === 0) return <Mark tone="good">agrees</Mark>;
  if (check.cycles_open < CYCLES) return <Mark title="Perhaps under way: it is looked at again with the next report">waits</Mark>;
  return (
    <Link to={`/inbox?account=${check.account_id}`}>
      <Mark tone="bad">differs</Mark>
    </Link>
  );
}

/** Since which day, and until exactly when: there something speaks against the ledger. */
function Proven({ check }: { readonly check: BalanceCheck }) {
  const { zone } = useDisplay();
  if (!check.proven_until || !check.proven_since) return <span className={styles["dim"]}>nothing</span>;
  const since = exactInstantText(check.proven_since, zone);
  return (
    <span>
      <time dateTime={check.proven_since} title={since} className={styles["dim"]}>
        {since.slice(0, 10)} →
      </time>{" "}
      <Instant at={check.proven_until} />
    </span>
  );
}

function CheckRow({ check, label }: { readonly check: BalanceCheck; readonly label: string }) {
  return (
    <tr data-testid="check" data-differs={check.cycles_open > 0}>
      <th scope="row">
        {check.asset} <Verdict check={check} />
      </th>
      <td data-label="Account">{label}</td>
      <td data-label="Wallet">{check.wallet}</td>
      <td data-label="Derived" className={tableStyles["number"]}>
        <Amount value={check.derived} />
      </td>
      <td data-label="Reported" className={tableStyles["number"]}>
        <Amount value={check.reported} />
      </td>
      <td data-label="Difference" className={tableStyles["number"]}>
        {check.cycles_open > 0 ? <Amount value={check.difference} signed toned /> : "0"}
      </td>
      <td data-label="Worth" className={tableStyles["number"]}>
        {check.cycles_open > 0 ? <Value value={check.difference_value} signed why="No price is known" /> : "—"}
      </td>
      <td data-label="Age">
        <Age at={check.reported_at} />
      </td>
      <td data-label="Proven">
        <Proven check={check} />
      </td>
    </tr>
  );
}

const COLUMNS = [
  ["Asset", false],
  ["Account", false],
  ["Wallet", false],
  ["Derived", true],
  ["Reported", true],
  ["Difference", true],
  ["Worth", true],
  ["Age", false],
  ["Proven", false],
] as const;

const Checks = ({ items, labels }: { readonly items: readonly BalanceCheck[]; readonly labels: ReadonlyMap<string, string> }) => (
  <Table columns={COLUMNS} label="Balances compared" className={styles["checks"]}>
    {items.map((check) => (
      <CheckRow key={`${check.account_id}/${check.wallet}/${check.asset}`} check={check} label={labels.get(check.account_id) ?? "—"} />
    ))}
  </Table>
);

export default function ReconciliationPage() {
  const [search, setSearch] = useSearchParams();
  const account = search.get("account") ?? "";
  const isOnlyDifferent = search.get("differences") === "1";
  const { resource, reload } = useChecks(account, isOnlyDifferent);
  const accounts = valueOf(useAccountsEver().resource) ?? [];
  const labels = new Map(accounts.map(({ account_id, label }) => [account_id, label]));
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    if (value) next.set(name, value);
    else next.delete(name);
    setSearch(next);
  };
  const page = valueOf(resource);
  const problem = problemIn(resource);
  const filters = (
    <div className={styles["filter"]} role="search" aria-label="Filter">
      <Checkbox size="xs" label="Differences only" checked={isOnlyDifferent} onChange={(event) => set("differences", event.currentTarget.checked ? "1" : "")} />
      <NativeSelect
        size="xs"
        aria-label="Account"
        value={account}
        onChange={(event) => set("account", event.currentTarget.value)}
        data={[{ value: "", label: "Every account" }, ...accounts.map(({ account_id, label }) => ({ value: account_id, label }))]}
      />
    </div>
  );
  return (
    <>
      <h1 className="hidden-text">Reconciliation</h1>
      <Panel title="Derived and reported" grow testId="reconciliation" actions={filters}>
        {page && problem && <StaleNote fault={problem} age={null} onRetry={() => void reload()} />}
        {!page && (problem ? <Failure fault={problem} title="The balances could not be compared" onRetry={() => void reload()} /> : <TableSkeleton rows={10} columns={9} />)}
        {page && (
          <p className={styles["sum"]} data-testid="reconciliation-sum">
            <span>
              <Count value={page.total} /> balances
            </span>
            <span data-warn={page.differing > 0}>
              <Count value={page.differing} /> differ
            </span>
            <Link to="/inbox">Inbox</Link>
          </p>
        )}
        {page?.items.length === 0 && (
          <Empty title={isOnlyDifferent ? "Nothing differs" : "No balance was compared yet"} action={<Link to="/accounts">Accounts</Link>}>
            {isOnlyDifferent ? "Every balance that was compared agrees with its venue." : "Balances are compared when an account's history is imported and its venue has reported."}
          </Empty>
        )}
        {page && page.items.length > 0 && <Checks items={page.items} labels={labels} />}
      </Panel>
    </>
  );
}
