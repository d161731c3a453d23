/** Opens a layout of the user's; the main one is there without being made. */
import { useEffect, useState } from "react";
import { ChartBook, emptyContent, MAIN_LAYOUT, MAIN_NAME } from "@/core/chart_book";
import { useChartDesk } from "@/core/chart_desk";
import { Problem, problemOf } from "@/core/problems";

export type Opened = { readonly kind: "loading" } | { readonly kind: "error"; readonly problem: Problem } | { readonly kind: "ready"; readonly book: ChartBook; readonly isNew: boolean };

const NEW = { name: MAIN_NAME, version: 0, content: emptyContent("", "15m") };

/** Give it a key of the layout's id; what is not kept yet is kept when the page is left. */
export function useBook(id: string): { readonly opened: Opened; readonly retry: () => void } {
  const desk = useChartDesk();
  const [opened, setOpened] = useState<Opened>({ kind: "loading" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let book: ChartBook | null = null;
    let isOver = false;
    const ready = (known: typeof NEW, isNew: boolean) => {
      if (isOver) return;
      book = new ChartBook(desk, id, known);
      setOpened({ kind: "ready", book, isNew });
    };
    desk.layout(id).then(
      (layout) => ready(layout as typeof NEW, false),
      (thrown: unknown) => {
        const problem = problemOf(thrown);
        if (id === MAIN_LAYOUT && problem.code === "charts.layout_not_found") ready(NEW, true);
        else if (!isOver) setOpened({ kind: "error", problem });
      },
    );
    const keep = () => void book?.flush();
    document.addEventListener("visibilitychange", keep);
    return () => {
      isOver = true;
      document.removeEventListener("visibilitychange", keep);
      book?.close();
    };
  }, [desk, id, attempt]);
  const retry = () => {
    setOpened({ kind: "loading" });
    setAttempt(attempt + 1);
  };
  return { opened, retry };
}
