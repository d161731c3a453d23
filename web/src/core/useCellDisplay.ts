/** Keeps a table's cells drawn as the page is: masking, currency and zone, and ages by the second. */
import type { GridApi } from "ag-grid-community";
import { useEffect, useState } from "react";
import { useDisplay } from "@/core/display";
import { CellDisplay } from "@/core/gridFigures";

const SECOND_MS = 1_000;

/** The context to give to the table; `ages` are the columns that change with time, all of them when none is named. */
export function useCellDisplay<Row>(api: GridApi<Row> | null, ages?: string[]): CellDisplay {
  const display = useDisplay();
  const [context] = useState(() => new CellDisplay(display));
  useEffect(() => {
    context.change(display);
    api?.refreshCells({ force: true, suppressFlash: true });
  }, [api, context, display]);
  useEffect(() => {
    if (!api) return undefined;
    const timer = setInterval(() => {
      const known = ages?.filter((name) => api.getColumn(name));
      if (!document.hidden) api.refreshCells({ force: true, suppressFlash: true, ...(known ? { columns: known } : {}) });
    }, SECOND_MS);
    return () => clearInterval(timer);
  }, [api, ages]);
  return context;
}
