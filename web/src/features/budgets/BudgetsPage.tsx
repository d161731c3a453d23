/** How politely the desk asks the venues: what is left of their budgets, who waited, and what the venues answered. */
import { useNow } from "@/core/clock";
import { Age } from "@/core/Figures";
import { type Budgets, useBudgets, usePageTitle } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { VenueBudgetItem } from "@/features/budgets/VenueBudgetItem";
import { isInUse } from "@/features/budgets/words";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./budgets.module.css";

function BudgetList({ budgets, isStale }: { readonly budgets: Budgets; readonly isStale: boolean }) {
  const now = useNow();
  const inUse = budgets.venues.filter(isInUse);
  const unused = budgets.venues.filter((budget) => !isInUse(budget));
  return (
    <div className={`${styles["list"]} ${isStale ? "quiet" : ""}`} data-testid="budgets-grid">
      {inUse.map((budget) => (
        <VenueBudgetItem key={budget.venue} budget={budget} elapsedMs={now - budgets.answeredAtMs} />
      ))}
      {unused.length > 0 && (
        <p className={styles["unused"]}>
          Not asked lately: <span className={styles["names"]}>{unused.map(({ venue }) => venue).join(", ")}</span>
        </p>
      )}
    </div>
  );
}

export default function BudgetsPage() {
  usePageTitle("Budgets");
  const { resource, reload } = useBudgets();
  const budgets = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  const isUsed = budgets?.venues.some(isInUse) ?? false;
  const asOf = budgets?.venues[0]?.as_of ?? null;
  return (
    <>
      <h1 className="hidden-text">Budgets</h1>
      <Panel title="Budgets at venues" grow>
        {budgets && problem && <StaleNote fault={problem} age={asOf && <Age at={asOf} />} onRetry={again} />}
        {!budgets && (problem ? <Failure fault={problem} title="The budgets could not be shown" onRetry={again} /> : <TableSkeleton rows={8} columns={5} />)}
        {budgets && !isUsed && (
          <Empty title="No venue was asked yet">
            As soon as the desk asks a venue for prices or an account, this shows what it used of the venue&apos;s limits, who waited, and whether the venue complained.
          </Empty>
        )}
        {budgets && isUsed && <BudgetList budgets={budgets} isStale={problem !== null} />}
      </Panel>
    </>
  );
}
