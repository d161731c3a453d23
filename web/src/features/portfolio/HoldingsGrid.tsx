/** The wide table of the portfolio. */
import { AgGridReact } from "ag-grid-react";
import type { ColDef, RowClassRules } from "ag-grid-community";
import { COLUMNS } from "@/features/portfolio/columns";
import type { Row, View } from "@/features/portfolio/rows";
import { gridDefaults } from "@/shared/grid";
import styles from "./portfolio.module.css";

const RULES: RowClassRules<Row> = { quiet: ({ data }) => data?.stale ?? false };
const DEFAULTS: ColDef<Row> = { sortable: true, resizable: true, suppressHeaderMenuButton: true };

export default function HoldingsGrid({ rows, view, isStale }: { readonly rows: readonly Row[]; readonly view: View; readonly isStale: boolean }) {
  return (
    <div className={`${styles["grid"]} ${isStale ? "quiet" : ""}`} data-testid="portfolio-grid">
      <AgGridReact<Row>
        key={view}
        {...gridDefaults}
        rowData={[...rows]}
        columnDefs={COLUMNS[view]}
        defaultColDef={DEFAULTS}
        getRowId={({ data }) => data.id}
        rowClassRules={RULES}
        deltaSort
      />
    </div>
  );
}
