/** What is held, where, what it is worth and what it cost. */
import { Button, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import { Link, useSearchParams } from "react-router";
import { Age } from "@/core/Figures";
import { usePageTitle, usePortfolio } from "@/core/queries";
import { useDoubt } from "@/core/feeds";
import type { ValuedPortfolio } from "@/core/portfolios";
import { problemIn, valueOf } from "@/core/resources";
import { AccountsPanel } from "@/features/portfolio/AccountsPanel";
import { ContractsPanel } from "@/features/portfolio/ContractsPanel";
import { HoldingCards } from "@/features/portfolio/HoldingCards";
import { rowsOf, type View } from "@/features/portfolio/rows";
import { Summary } from "@/features/portfolio/Summary";
import { ValuePanel } from "@/features/portfolio/ValuePanel";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./portfolio.module.css";

const HoldingsGrid = lazy(() => import("@/features/portfolio/HoldingsGrid"));

const VIEWS = [
  { value: "assets", label: "By asset" },
  { value: "holdings", label: "By account and asset" },
];

/** The view and its narrowing stand in the address. */
function useView() {
  const [search, setSearch] = useSearchParams();
  const view: View = search.get("view") === "holdings" ? "holdings" : "assets";
  const change = (name: string, value: string | null) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === null || value === "assets") next.delete(name);
        else next.set(name, value);
        if (name === "view" && value === "assets") next.delete("account");
        return next;
      },
      { replace: true },
    );
  return { view, account: search.get("account"), asset: search.get("asset"), change };
}

function Positions({ portfolio, isStale }: { readonly portfolio: ValuedPortfolio; readonly isStale: boolean }) {
  const { view, account, asset, change } = useView();
  const isNarrow = useMediaQuery("(max-width: 700px)", false, { getInitialValueInEffect: false });
  const rows = rowsOf(portfolio, portfolio, view, { account, asset });
  const label = portfolio.accounts.find(({ account_id }) => account_id === account)?.label;
  const actions = (
    <>
      {label && (
        <Button size="compact-xs" variant="default" onClick={() => change("account", null)} rightSection="×" aria-label={`Show every account, not only ${label}`}>
          {label}
        </Button>
      )}
      <SegmentedControl size="xs" data={VIEWS} value={view} onChange={(value) => change("view", value)} aria-label="View" />
    </>
  );
  return (
    <Panel title={`Positions (${rows.length})`} actions={actions} grow>
      {isNarrow ? (
        <HoldingCards rows={rows} isStale={isStale} />
      ) : (
        <Suspense fallback={<TableSkeleton columns={10} />}>
          <HoldingsGrid key={view} view={view} account={account} asset={asset} isStale={isStale} />
        </Suspense>
      )}
    </Panel>
  );
}

const NoPositions = () => (
  <Panel title="Positions" grow>
    <Empty
      title="Nothing is held yet"
      action={
        <Button component={Link} to="/accounts?connect=1" size="compact-sm">
          Connect an account
        </Button>
      }
    >
      Connect an exchange account: its whole history is brought into the ledger, and what it holds shows here.
    </Empty>
  </Panel>
);

export default function PortfolioPage() {
  usePageTitle("Portfolio");
  const { resource, reload } = usePortfolio();
  const portfolio = valueOf(resource);
  const problem = problemIn(resource);
  const doubt = useDoubt();
  const isStale = problem !== null || doubt !== null;
  if (!portfolio) {
    return (
      <>
        <h1 className="hidden-text">Portfolio</h1>
        <Panel title="Positions" grow>
          {problem ? <Failure fault={problem} title="The portfolio could not be shown" onRetry={() => void reload()} /> : <TableSkeleton columns={10} />}
        </Panel>
      </>
    );
  }
  return (
    <>
      <h1 className="hidden-text">Portfolio</h1>
      {problem && <StaleNote fault={problem} age={<Age at={portfolio.as_of} />} onRetry={() => void reload()} />}
      <div className={styles["layout"]}>
        <div className={styles["side"]}>
          <Summary portfolio={portfolio} isStale={isStale} />
          {portfolio.accounts.length > 0 && <AccountsPanel portfolio={portfolio} isStale={isStale} />}
        </div>
        <ContractsPanel accounts={portfolio.accounts} />
        {portfolio.assets.length > 0 && <ValuePanel isStale={isStale} />}
        {portfolio.assets.length === 0 ? <NoPositions /> : <Positions portfolio={portfolio} isStale={isStale} />}
      </div>
    </>
  );
}
