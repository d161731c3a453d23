/** What each account is worth, and how old that is. */
import { Link, useSearchParams } from "react-router";
import { Age, Percent, Value } from "@/core/Figures";
import type { ValuedPortfolio } from "@/core/portfolios";
import { percentOf } from "@/shared/arithmetic";
import { Dot } from "@/shared/Mark";
import { Panel } from "@/shared/Panel";
import styles from "./portfolio.module.css";

export function AccountsPanel({ portfolio, isStale }: { readonly portfolio: ValuedPortfolio; readonly isStale: boolean }) {
  const [search] = useSearchParams();
  const total = portfolio.total.value;
  return (
    <Panel title="Accounts" testId="portfolio-accounts">
      <ul className={`${styles["accounts"]} ${isStale ? "quiet" : ""}`}>
        {portfolio.accounts.map(({ account_id, label, venue, state, value, refreshed_at }) => (
          <li key={account_id} aria-current={search.get("account") === account_id ? "true" : undefined}>
            <Dot tone={state === "active" ? "good" : state === "failing" ? "bad" : "plain"} />
            <Link to={`/portfolio?view=holdings&account=${account_id}`} title={`Holdings of ${label} at ${venue}, ${state}`}>
              {label}
            </Link>
            <Age at={refreshed_at} />
            <span className={styles["share"]}>{value !== null && total !== null && <Percent value={percentOf(value, total)} />}</span>
            <span className={styles["amount"]}>
              <Value value={value} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
