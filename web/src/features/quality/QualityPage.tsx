/** How good the market data is: prices that were refused, history with its holes, feeds, and sources with their ages. */
import { useSearchParams } from "react-router";
import { usePageTitle, useVenues } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { FeedsPanel } from "@/features/quality/FeedsPanel";
import { HistoryPanel } from "@/features/quality/HistoryPanel";
import { PricesPanel } from "@/features/quality/PricesPanel";
import { RatesPanel } from "@/features/quality/RatesPanel";
import { SourcesPanel } from "@/features/quality/SourcesPanel";
import styles from "./quality.module.css";

export default function QualityPage() {
  usePageTitle("Data quality");
  const [search, setSearch] = useSearchParams();
  const venues = (valueOf(useVenues().resource) ?? []).map(({ venue }) => venue);
  const filter = { venue: search.get("venue") ?? "", cause: search.get("cause") ?? "", onlyRefused: search.get("all") !== "1" };
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
  return (
    <>
      <h1 className="hidden-text">Data quality</h1>
      <div className={styles["layout"]}>
        <div className={styles["side"]}>
          <FeedsPanel />
          <SourcesPanel />
        </div>
        <PricesPanel filter={filter} venues={venues} onChange={change} />
        <HistoryPanel venue={filter.venue} />
        <RatesPanel />
      </div>
    </>
  );
}
