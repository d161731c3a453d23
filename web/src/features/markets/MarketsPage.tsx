/** Every market of every venue with its live price, its last day and its coin's size. */
import { NativeSelect, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { DoubtMark } from "@/core/DoubtMark";
import { useDoubt } from "@/core/feeds";
import { Count } from "@/core/Figures";
import { usePageTitle, useVenues } from "@/core/queries";
import { useMarketCaps, useMarketDays } from "@/core/reference";
import type { MarketCap, MarketDay } from "@/core/reference_contracts";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { venueName } from "@/core/venue_names";
import { Facts, filterOf } from "@/features/markets/facts";
import { type Known, NOTHING_KNOWN } from "@/features/markets/following";
import { Mark } from "@/shared/Mark";
import { Empty, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./markets.module.css";

const MarketsGrid = lazy(() => import("@/features/markets/MarketsGrid"));

const NO_DAYS: readonly MarketDay[] = [];
const NO_CAPS: readonly MarketCap[] = [];

/** What stands instead of rows while there are none. */
function NoMarkets() {
  const isOpen = useStore(useServices().live.state) === "open";
  if (!isOpen) return <TableSkeleton columns={7} />;
  return <Empty title="No market has a price yet">Prices show here as soon as a venue's feed brings the first.</Empty>;
}

/** The filter stands in the address. */
function useFilter() {
  const [search, setSearch] = useSearchParams();
  const [venue, quote, text] = [search.get("venue"), search.get("quote"), search.get("q") ?? ""];
  const filter = useMemo(() => filterOf(venue, quote, text), [venue, quote, text]);
  const change = (name: string, value: string) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value) next.set(name, value);
        else next.delete(name);
        return next;
      },
      { replace: true },
    );
  return { filter, text, change };
}

/** Last days and sizes; prices stream on without them. */
function useFacts() {
  const { resource: days } = useMarketDays();
  const { resource: caps } = useMarketCaps();
  const knownDays = valueOf(days) ?? NO_DAYS;
  const knownCaps = valueOf(caps) ?? NO_CAPS;
  const facts = useMemo(() => new Facts(knownDays, knownCaps), [knownDays, knownCaps]);
  return { facts, problem: problemIn(days) ?? problemIn(caps) };
}

export default function MarketsPage() {
  usePageTitle("Markets");
  const { filter, text, change } = useFilter();
  const { facts, problem } = useFacts();
  const navigate = useNavigate();
  const isNarrow = useMediaQuery("(max-width: 700px)", false, { getInitialValueInEffect: false });
  const doubt = useDoubt(filter.venue || undefined);
  const [{ count, venues, quotes }, setKnown] = useState<Known>(NOTHING_KNOWN);
  const [shown, setShown] = useState(0);
  const every = [...new Set([...(valueOf(useVenues().resource) ?? []).map(({ venue }) => venue), ...venues])].sort();
  const open = useCallback((series: string) => void navigate(`/chart?series=${series}&resolution=15m`), [navigate]);
  const actions = (
    <>
      <DoubtMark doubt={doubt} />
      {problem && (
        <Mark tone="warn" title={`${problem.detail} (${problem.code})`}>
          days and sizes not refreshed
        </Mark>
      )}
      {count > 0 && (
        <span className={styles["dim"]} data-testid="markets-count">
          {shown < count && (
            <>
              <Count value={shown} /> of{" "}
            </>
          )}
          <Count value={count} /> markets
        </span>
      )}
    </>
  );
  return (
    <>
      <h1 className="hidden-text">Markets</h1>
      <Panel title="Markets" actions={actions} grow>
        <div className={styles["filters"]} role="search" aria-label="Filter markets">
          <NativeSelect
            size="xs"
            aria-label="Venue"
            value={filter.venue}
            data={[{ value: "", label: "Every venue" }, ...choices(every, filter.venue).map((venue) => ({ value: venue, label: venueName(venue) }))]}
            onChange={(event) => change("venue", event.currentTarget.value)}
          />
          <NativeSelect
            size="xs"
            aria-label="Quote"
            value={filter.quote}
            data={[{ value: "", label: "Every quote" }, ...choices(quotes, filter.quote)]}
            onChange={(event) => change("quote", event.currentTarget.value)}
          />
          <TextInput
            size="xs"
            className={styles["filter"] ?? ""}
            aria-label="Filter markets"
            placeholder="Filter, e.g. usdt btc"
            defaultValue={text}
            onChange={(event) => change("q", event.currentTarget.value.trim())}
            data-testid="markets-filter"
          />
        </div>
        {count === 0 && <NoMarkets />}
        {count > 0 && shown === 0 && <Empty title="No market fits">None of the {count} markets fits this filter.</Empty>}
        <Suspense fallback={null}>
          <div className={count === 0 || shown === 0 ? "hidden-text" : styles["whole"]}>
            <MarketsGrid filter={filter} facts={facts} isNarrow={isNarrow} onOpen={open} onKnown={setKnown} onShown={setShown} />
          </div>
        </Suspense>
      </Panel>
    </>
  );
}

/** What can be chosen, and what the address already says. */
const choices = (known: readonly string[], chosen: string): string[] => [...new Set([...known, ...(chosen ? [chosen] : [])])];
