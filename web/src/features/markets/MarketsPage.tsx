/** Every market's last price, live. */
import { TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense, useCallback, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { DoubtMark } from "@/core/DoubtMark";
import { useDoubt } from "@/core/feeds";
import { Count } from "@/core/Figures";
import { usePageTitle } from "@/core/queries";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { Empty, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./markets.module.css";

const MarketsGrid = lazy(() => import("@/features/markets/MarketsGrid"));

/** What stands instead of rows while there are none. */
function NoMarkets() {
  const isOpen = useStore(useServices().live.state) === "open";
  if (!isOpen) return <TableSkeleton columns={7} />;
  return <Empty title="No market has a price yet">Prices show here as soon as a venue's feed brings the first.</Empty>;
}

export default function MarketsPage() {
  usePageTitle("Markets");
  const [search, setSearch] = useSearchParams();
  const navigate = useNavigate();
  const isNarrow = useMediaQuery("(max-width: 700px)", false, { getInitialValueInEffect: false });
  const doubt = useDoubt();
  const [count, setCount] = useState(0);
  const filter = search.get("q")?.trim() ?? "";
  const open = useCallback((series: string) => void navigate(`/chart?series=${series}&resolution=15m`), [navigate]);
  const change = (text: string) => setSearch(text ? { q: text } : {}, { replace: true });
  const actions = (
    <>
      <DoubtMark doubt={doubt} />
      {count > 0 && (
        <span className={styles["dim"]}>
          <Count value={count} /> markets
        </span>
      )}
      <TextInput
        size="xs"
        className={styles["filter"] ?? ""}
        aria-label="Filter markets"
        placeholder="Filter, e.g. usdt btc"
        defaultValue={search.get("q") ?? ""}
        onChange={(event) => change(event.currentTarget.value)}
        data-testid="markets-filter"
      />
    </>
  );
  return (
    <>
      <h1 className="hidden-text">Markets</h1>
      <Panel title="Markets" actions={actions} grow>
        {count === 0 && <NoMarkets />}
        <Suspense fallback={null}>
          <div className={count === 0 ? "hidden-text" : styles["whole"]}>
            <MarketsGrid filter={filter} isNarrow={isNarrow} onOpen={open} onCount={setCount} />
          </div>
        </Suspense>
      </Panel>
    </>
  );
}
