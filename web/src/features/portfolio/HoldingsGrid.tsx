/** The wide table of the portfolio: rows come by the live connection past React, cells change in place. */
import { AgGridReact } from "ag-grid-react";
import type { ColDef, GridApi, RowClassRules } from "ag-grid-community";
import { memo, useEffect, useState } from "react";
import type { Portfolios } from "@/core/portfolios";
import { useCellDisplay } from "@/core/useCellDisplay";
import { useServices } from "@/core/services";
import { AGES, COLUMNS } from "@/features/portfolio/columns";
import { type Narrowing, type Row, rowsOf, type View } from "@/features/portfolio/rows";
import { gridDefaults } from "@/shared/grid";
import styles from "./portfolio.module.css";

const RULES: RowClassRules<Row> = { quiet: ({ data }) => data?.stale ?? false };
const DEFAULTS: ColDef<Row> = { sortable: true, resizable: true, suppressHeaderMenuButton: true };

interface HoldingsGridProps extends Narrowing {
  readonly view: View;
  readonly isStale: boolean;
}

function rowsNow(portfolios: Portfolios, view: View, narrowing: Narrowing): Row[] {
  const portfolio = portfolios.store.value;
  return portfolio ? [...rowsOf(portfolio, portfolio, view, narrowing)] : [];
}

/** Hands changed rows to the table as they come; the whole set when it was replaced. */
function follow(api: GridApi<Row>, portfolios: Portfolios, view: View, narrowing: Narrowing): () => void {
  const replace = () => {
    api.flushAsyncTransactions();
    const rows = rowsNow(portfolios, view, narrowing);
    known = new Set(rows.map(({ id }) => id));
    api.setGridOption("rowData", rows);
  };
  let known = new Set<string>();
  replace();
  return portfolios.onDelta((delta) => {
    const portfolio = portfolios.store.value;
    if (delta.whole || !portfolio) return replace();
    const changed = rowsOf(delta, portfolio, view, narrowing);
    const add = changed.filter(({ id }) => !known.has(id));
    for (const { id } of add) known.add(id);
    api.applyTransactionAsync({ update: changed.filter((row) => !add.includes(row)), add });
  });
}

function HoldingsGrid({ view, account, asset, isStale }: HoldingsGridProps) {
  const { portfolios } = useServices();
  const [api, setApi] = useState<GridApi<Row> | null>(null);
  const context = useCellDisplay(api, AGES);
  useEffect(() => (api ? follow(api, portfolios, view, { account: account ?? null, asset: asset ?? null }) : undefined), [api, portfolios, view, account, asset]);
  return (
    <div className={`${styles["grid"]} ${isStale ? "quiet" : ""}`} data-testid="portfolio-grid">
      <AgGridReact<Row>
        {...gridDefaults}
        context={context}
        columnDefs={COLUMNS[view]}
        defaultColDef={DEFAULTS}
        getRowId={({ data }) => data.id}
        rowClassRules={RULES}
        onGridReady={(event) => setApi(event.api)}
        onGridPreDestroyed={() => setApi(null)}
        deltaSort
      />
    </div>
  );
}

export default memo(HoldingsGrid);
