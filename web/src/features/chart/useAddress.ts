/** What of a chart stands in the address: series, resolution, studies, range, layout. */
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { isLength, portfolioSeries } from "@/core/candles";
import { MAIN_LAYOUT } from "@/core/chart_book";
import type { BarRange, LayoutContent } from "@/core/chart_contracts";
import { usePortfolioId } from "@/core/queries";
import { type Study, studiesIn, withStudies } from "@/core/studies";

const DEFAULT_RESOLUTION = "15m";
const RANGE = /^(\d{1,14})-(\d{1,14})$/;

export function rangeIn(text: string | null): BarRange | null {
  const [, from, to] = RANGE.exec(text ?? "") ?? [];
  return from && to ? { from_ms: Number(from), to_ms: Number(to) } : null;
}

const rangeText = ({ from_ms, to_ms }: BarRange): string => `${from_ms}-${to_ms}`;

/** The address with what a layout holds where the address says nothing. */
export function withContent(search: URLSearchParams, { series, resolution, studies, range }: LayoutContent): URLSearchParams {
  const said = studiesIn(search).length > 0;
  const isSame = !search.has("series") || search.get("series") === series;
  const next = said ? new URLSearchParams(search) : withStudies(search, studies);
  if (!next.has("series") && series) next.set("series", series);
  if (!next.has("resolution")) next.set("resolution", resolution);
  if (isSame && range && !next.has("range")) next.set("range", rangeText(range));
  return next;
}

export function useAddress() {
  const [search, setSearch] = useSearchParams();
  const own = portfolioSeries(usePortfolioId());
  const named = search.get("resolution");
  const key = [...search.getAll("over"), "", ...search.getAll("under")].join("\n");
  const studies = useMemo(() => studiesIn(search), [key]); // eslint-disable-line react-hooks/exhaustive-deps -- the key says when they change
  const rangeKey = search.get("range");
  const range = useMemo(() => rangeIn(rangeKey), [rangeKey]);
  const change = useCallback(
    (name: "series" | "resolution" | "range" | "layout", value: string | null) =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(name === "layout" ? "" : before);
          if (name !== "range") next.delete("range");
          if (value === null) next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: name === "range" },
      ),
    [setSearch],
  );
  return {
    own,
    isSaid: search.has("series"),
    series: search.get("series") ?? own,
    resolution: isLength(named) ? named : DEFAULT_RESOLUTION,
    layout: search.get("layout") ?? MAIN_LAYOUT,
    studies,
    range,
    change,
    changeRange: useCallback((next: BarRange | null) => change("range", next && rangeText(next)), [change]),
    changeStudies: (next: readonly Study[]) => setSearch((before) => withStudies(before, next)),
    take: useCallback((content: LayoutContent) => setSearch((before) => withContent(before, content), { replace: true }), [setSearch]),
  };
}
