/** Every doubt about the books, by the money at stake, each with what mends it. */
import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { useBooks, useFindings } from "@/core/books";
import { CAUSES, type Finding, type FindingPage, STATES } from "@/core/books_contracts";
import { Amount, Count, Instant, Value } from "@/core/Figures";
import { problemOf } from "@/core/problems";
import { useAccountsEver } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { FindingDrawer } from "@/features/inbox/FindingDrawer";
import { CAUSE, gist } from "@/features/inbox/words";
import { Mark } from "@/shared/Mark";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import { Table } from "@/shared/Table";
import tableStyles from "@/shared/Table.module.css";
import styles from "./inbox.module.css";

const STATE_NAMES = { open: "Open", resolved: "Resolved", dismissed: "Dismissed" } as const;

function FindingRow({ finding, label, onOpen }: { readonly finding: Finding; readonly label: string; readonly onOpen: () => void }) {
  const { name, tone, why } = CAUSE[finding.cause];
  const { at_stake: stake } = finding;
  return (
    <tr data-testid="finding">
      <th scope="row">
        <button type="button" className={styles["open"]} onClick={onOpen}>
          {name}
        </button>
        <span className={styles["mark"]}>
          <Mark tone={finding.state === "open" ? tone : "plain"} title={why}>
            {finding.returned > 0 ? `back ${finding.returned}×` : STATE_NAMES[finding.state].toLowerCase()}
          </Mark>
        </span>
        <span className={styles["gist"]}>{gist(finding)}</span>
      </th>
      <td data-label="Account">{label}</td>
      <td data-label="Asset">{finding.asset ?? "—"}</td>
      <td data-label="At stake" className={tableStyles["number"]}>
        {stake ? <Amount value={stake.amount} asset={stake.asset} /> : "—"}
      </td>
      <td data-label="Worth" className={tableStyles["number"]}>
        <Value value={finding.value} why="No price is known" />
      </td>
      <td data-label="Happened" className={styles["when"]}>
        {finding.occurred_at ? <Instant at={finding.occurred_at} /> : "—"}
      </td>
    </tr>
  );
}

/** Pages behind the first one, as far as they were asked for; another filter begins anew. */
function useMore(key: string, query: Parameters<ReturnType<typeof useBooks>["findings"]>[0]) {
  const books = useBooks();
  const { notices } = useServices();
  const [held, setHeld] = useState<{ key: string; items: readonly Finding[]; cursor: string | null } | null>(null);
  const mine = held?.key === key ? held : null;
  const more = (from: string) =>
    void books.findings(query, from).then(
      ({ items, next_cursor }) => setHeld({ key, items: [...(mine?.items ?? []), ...items], cursor: next_cursor }),
      (thrown: unknown) => (setHeld(null), notices.say(problemOf(thrown).detail, "failed")),
    );
  return { items: mine?.items ?? [], cursor: mine?.cursor, more };
}

const COLUMNS = [
  ["Doubt", false],
  ["Account", false],
  ["Asset", false],
  ["At stake", true],
  ["Worth", true],
  ["Happened", false],
] as const;

const Findings = ({ items, labels, onOpen }: { readonly items: readonly Finding[]; readonly labels: ReadonlyMap<string, string>; readonly onOpen: (id: string) => void }) => (
  <Table columns={COLUMNS} label="Doubts" className={styles["findings"]}>
    {items.map((finding) => (
      <FindingRow key={finding.finding_id} finding={finding} label={labels.get(finding.account_id ?? "") ?? "—"} onOpen={() => onOpen(finding.finding_id)} />
    ))}
  </Table>
);

function Sum({ page }: { readonly page: FindingPage }) {
  return (
    <p className={styles["sum"]} data-testid="inbox-sum">
      <span>
        <strong>
          <Count value={page.total} />
        </strong>{" "}
        {page.total === 1 ? "doubt" : "doubts"}
      </span>
      <span>
        at stake <Value value={page.value} unit />
      </span>
      <Link to="/reconciliation">Compare balances</Link>
    </p>
  );
}

function Filters({ search, onSearch, accounts }: { readonly search: URLSearchParams; readonly onSearch: (name: string, value: string) => void; readonly accounts: readonly { value: string; label: string }[] }) {
  const select = (name: string, label: string, data: readonly { value: string; label: string }[]) => (
    <NativeSelect size="xs" aria-label={label} value={search.get(name) ?? ""} onChange={(event) => onSearch(name, event.currentTarget.value)} data={[...data]} />
  );
  return (
    <div className={styles["filter"]} role="search" aria-label="Filter">
      {select("state", "State", STATES.map((state) => ({ value: state === "open" ? "" : state, label: STATE_NAMES[state] })))}
      {select("cause", "Cause", [{ value: "", label: "Every cause" }, ...CAUSES.map((cause) => ({ value: cause, label: CAUSE[cause].name }))])}
      {select("account", "Account", [{ value: "", label: "Every account" }, ...accounts])}
    </div>
  );
}

export default function InboxPage() {
  const [search, setSearch] = useSearchParams();
  const query = { state: search.get("state") ?? "open", cause: search.get("cause") ?? "", account: search.get("account") ?? "" };
  const { resource, reload } = useFindings(query);
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
  const { items: further, cursor, more } = useMore(search.toString(), query);
  const items = page ? [...page.items, ...further.filter((each) => !page.items.some(({ finding_id }) => finding_id === each.finding_id))] : [];
  const next = cursor === undefined ? page?.next_cursor : cursor;
  const isAsked = query.cause !== "" || query.account !== "" || query.state !== "open";
  return (
    <>
      <h1 className="hidden-text">Inbox</h1>
      <Panel title="Inbox" grow testId="inbox" actions={<Filters search={search} onSearch={set} accounts={accounts.map(({ account_id, label }) => ({ value: account_id, label }))} />}>
        {page && problem && <StaleNote fault={problem} age={null} onRetry={() => void reload()} />}
        {!page && (problem ? <Failure fault={problem} title="The inbox could not be shown" onRetry={() => void reload()} /> : <TableSkeleton rows={8} columns={6} />)}
        {page && <Sum page={page} />}
        {page && items.length === 0 && (
          <Empty title={isAsked ? "Nothing of this kind" : "Nothing is in doubt"} action={<Link to="/reconciliation">Compare balances</Link>}>
            {isAsked ? "Choose another state, cause or account." : "Every balance agrees with its venue, and every transfer has both its sides."}
          </Empty>
        )}
        {items.length > 0 && <Findings items={items} labels={labels} onOpen={(id) => set("finding", id)} />}
        {next && (
          <div className={styles["foot"]}>
            <Button size="compact-sm" variant="default" onClick={() => more(next)}>
              Show more
            </Button>
          </div>
        )}
      </Panel>
      <FindingDrawer findingId={search.get("finding")} labels={labels} onClose={() => set("finding", "")} />
    </>
  );
}
