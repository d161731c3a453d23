/** How the portfolio's value went, in bars of 15 minutes; it can be folded away. */
import { ActionIcon } from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { Link } from "react-router";
import { portfolioSeries } from "@/core/candles";
import { usePortfolioId } from "@/core/queries";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./portfolio.module.css";

const CandleChart = lazy(() => import("@/charts/CandleChart"));

export function ValuePanel({ isStale }: { readonly isStale: boolean }) {
  const { preferences } = useServices();
  const { valueChartOpen: isOpen } = useStore(preferences.store);
  const series = portfolioSeries(usePortfolioId());
  const Chevron = isOpen ? IconChevronUp : IconChevronDown;
  const actions = (
    <>
      <Link to={`/chart?series=${series}&resolution=15m`}>Open in chart</Link>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-expanded={isOpen}
        aria-label={isOpen ? "Fold the value chart away" : "Show the value chart"}
        onClick={() => preferences.change({ valueChartOpen: !isOpen })}
        data-testid="value-chart-toggle"
      >
        <Chevron size={15} stroke={1.6} />
      </ActionIcon>
    </>
  );
  return (
    <Panel title="Value, 15 min" actions={actions} testId="value-panel">
      {isOpen && (
        <div className={styles["value"]}>
          <Suspense fallback={<TableSkeleton rows={5} columns={6} />}>
            <CandleChart key={series} series={series} resolution="15m" isStale={isStale} label="Portfolio value" />
          </Suspense>
        </div>
      )}
    </Panel>
  );
}
