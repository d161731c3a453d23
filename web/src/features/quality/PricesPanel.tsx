/** Which prices of which venue were refused and why, and how far each market is from the others. */
import { Checkbox, NativeSelect, UnstyledButton } from "@mantine/core";
import { useSearchParams } from "react-router";
import { Age, Count, Unknown } from "@/core/Figures";
import { QUALITY_EVERY_MS, type QualityFilter, useMarketQuality, useRefused } from "@/core/quality";
import type { MarketQuality, MarketQualityPage, RefusedPrice } from "@/core/quality_contracts";
import { valueOf } from "@/core/resources";
import { venueName } from "@/core/venue_names";
import { AskedPanel } from "@/features/quality/parts";
import { basisPointsText, capital, CAUSE_NAMES, causeText, MARKET_WORDS } from "@/features/quality/words";
import { Mark } from "@/shared/Mark";
import { Empty } from "@/shared/Panel";
import { Table } from "@/shared/Table";
import tableStyles from "@/shared/Table.module.css";
import styles from "./quality.module.css";

const COLUMNS = [
  ["Market", false],
  ["Venue", false],
  ["State", false],
  ["Last", true],
  ["Others' median", true],
  ["Apart", true],
  ["Refused", true],
  ["Because", false],
  ["Age", true],
] as const;
const SAMPLE_COLUMNS = [
  ["Refused", false],
  ["Because", false],
  ["Last", true],
  ["Bid", true],
  ["Ask", true],
  ["Compared with", true],
  ["Apart", true],
] as const;

const nameOf = ({ venue, symbol }: MarketQuality): string => `${venue.toUpperCase()}:${symbol}`;

/** What was refused, as it was told: some of it is no number. */
function Sample({ price }: { readonly price: RefusedPrice }) {
  return (
    <tr data-testid="refused-price">
      <th scope="row">
        <Age at={price.seen_at} /> ago
      </th>
      <td data-label="Because">{causeText(price.cause)}</td>
      {(["last", "bid", "ask"] as const).map((side) => (
        <td key={side} data-label={capital(side)} className={tableStyles["number"]}>
          {price[side] ?? <Unknown why="It was not told" />}
        </td>
      ))}
      <td data-label="Compared with" className={tableStyles["number"]}>
        {price.compared ? `${price.compared}${price.sources > 0 ? ` (${price.sources})` : " (own)"}` : <Unknown why="It was refused by itself" />}
      </td>
      <td data-label="Apart" className={tableStyles["number"]}>
        {price.deviation_bp ? basisPointsText(price.deviation_bp) : <Unknown why="It was refused by itself" />}
      </td>
    </tr>
  );
}

function Samples({ market }: { readonly market: string }) {
  const samples = valueOf(useRefused(market).resource);
  if (!samples) return <p className={styles["note"]}>Looking up what was refused…</p>;
  if (samples.length === 0) return <p className={styles["note"]}>Nothing of {market} was ever refused.</p>;
  return (
    <Table columns={SAMPLE_COLUMNS} label={`Refused prices of ${market}`}>
      {samples.map((price) => (
        <Sample key={`${price.seen_at} ${price.cause}`} price={price} />
      ))}
    </Table>
  );
}

interface RowProps {
  readonly market: MarketQuality;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function Row({ market, isOpen, onToggle }: RowProps) {
  const { text, tone, why } = MARKET_WORDS[market.state];
  const causes = Object.entries(market.counts).filter(([, count]) => count > 0);
  return (
    <>
      <tr data-testid="market-quality" data-state={market.state}>
        <th scope="row">
          <UnstyledButton className={styles["open"] ?? ""} aria-expanded={isOpen} onClick={onToggle}>
            {market.symbol}
          </UnstyledButton>
        </th>
        <td data-label="Venue">{venueName(market.venue)}</td>
        <td data-label="State">
          <Mark tone={tone} title={why}>
            {text}
          </Mark>{" "}
          {market.state !== "good" && <Age at={market.since} />}
        </td>
        <td data-label="Last" className={tableStyles["number"]}>
          {market.last ?? <Unknown why="No price passed yet" />}
        </td>
        <td data-label="Others' median" className={tableStyles["number"]}>
          {market.median ? `${market.median} (${market.sources})` : <Unknown why="No other venue tells it" />}
        </td>
        <td data-label="Apart" className={tableStyles["number"]}>
          {market.deviation_bp ? basisPointsText(market.deviation_bp) : <Unknown why="No other venue tells it" />}
        </td>
        <td data-label="Refused" className={tableStyles["number"]} data-warn={market.refused > 0}>
          <Count value={market.refused} />
        </td>
        <td data-label="Because" data-wide>
          {causes.map(([cause, count]) => `${causeText(cause)} ${count}`).join(", ") || <Unknown why="Nothing was refused" />}
        </td>
        <td data-label="Age" className={tableStyles["number"]}>
          <Age at={market.at} />
        </td>
      </tr>
      {isOpen && (
        <tr className={styles["inner"] ?? ""}>
          <td colSpan={COLUMNS.length}>
            <Samples market={nameOf(market)} />
          </td>
        </tr>
      )}
    </>
  );
}

function Markets({ page }: { readonly page: MarketQualityPage }) {
  const [search, setSearch] = useSearchParams();
  const opened = search.get("market");
  const toggle = (name: string) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (opened === name) next.delete("market");
        else next.set("market", name);
        return next;
      },
      { replace: true },
    );
  const refused = Object.entries(page.counts).filter(([, count]) => count > 0);
  if (page.items.length === 0) return <Empty title="Nothing was refused">No price of these markets was refused, and each is as the other venues say.</Empty>;
  return (
    <>
      <p className={styles["sum"]} data-testid="refused-sum">
        <span>
          <Count value={page.total} /> markets
        </span>
        {refused.length === 0 && <span>nothing was refused</span>}
        {refused.map(([cause, count]) => (
          <span key={cause} data-warn="true">
            <Count value={count} /> {causeText(cause)}
          </span>
        ))}
        <span className={styles["dim"]}>
          since <Age at={page.since} /> ago
        </span>
      </p>
      <Table columns={COLUMNS} label="Quality of prices">
        {page.items.map((market) => (
          <Row key={nameOf(market)} market={market} isOpen={opened === nameOf(market)} onToggle={() => toggle(nameOf(market))} />
        ))}
      </Table>
    </>
  );
}

interface PricesPanelProps {
  readonly filter: QualityFilter;
  readonly venues: readonly string[];
  readonly onChange: (name: string, value: string) => void;
}

export function PricesPanel({ filter, venues, onChange }: PricesPanelProps) {
  const asked = useMarketQuality(filter);
  const filters = (
    <>
      <NativeSelect
        size="xs"
        aria-label="Venue"
        value={filter.venue}
        data={[{ value: "", label: "Every venue" }, ...venues.map((venue) => ({ value: venue, label: venueName(venue) }))]}
        onChange={(event) => onChange("venue", event.currentTarget.value)}
      />
      <NativeSelect
        size="xs"
        aria-label="Cause"
        value={filter.cause}
        data={[{ value: "", label: "Every cause" }, ...CAUSE_NAMES.map((cause) => ({ value: cause, label: causeText(cause) }))]}
        onChange={(event) => onChange("cause", event.currentTarget.value)}
      />
      <Checkbox size="xs" label="Refused only" checked={filter.onlyRefused} onChange={(event) => onChange("all", event.currentTarget.checked ? "" : "1")} />
    </>
  );
  return (
    <AskedPanel title="Prices" testId="quality-prices" resourceKey={`market-quality/${filter.venue}/${filter.cause}/${filter.onlyRefused}`} everyMs={QUALITY_EVERY_MS} asked={asked} filters={filters}>
      {(page) => <Markets page={page} />}
    </AskedPanel>
  );
}
