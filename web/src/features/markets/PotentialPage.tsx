/** What is held, by the size of its coins and by how far each is from its all-time high. */
import { useSearchParams } from "react-router";
import { Age, Percent, Unknown, Value } from "@/core/Figures";
import { AnsweredAge, Freshness } from "@/core/Freshness";
import { useDisplay } from "@/core/display";
import { usePageTitle } from "@/core/queries";
import { CAPS_EVERY_MS, usePortfolioCaps } from "@/core/reference";
import type { CapBucket, CapPosition, PortfolioCaps } from "@/core/reference_contracts";
import { problemIn, valueOf } from "@/core/resources";
import { compactText } from "@/features/markets/columns";
import { DISTANCE_WORDS, SIZE_WORDS, UNMAPPED } from "@/features/markets/words";
import { toPercent } from "@/shared/arithmetic";
import { compare, toPixels } from "@/shared/decimals";
import { exactInstantText } from "@/shared/instants";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import { Table } from "@/shared/Table";
import tableStyles from "@/shared/Table.module.css";
import styles from "./potential.module.css";

interface BucketsProps {
  readonly title: string;
  readonly buckets: readonly CapBucket[];
  readonly words: Readonly<Record<string, { readonly name: string; readonly what: string }>>;
  readonly chosen: string;
  readonly onChoose: (name: string) => void;
}

/** Bars that choose what the table below shows. */
function Buckets({ title, buckets, words, chosen, onChoose }: BucketsProps) {
  return (
    <Panel title={title}>
      <ul className={styles["buckets"]}>
        {buckets.map(({ name, value, share_ratio: share, assets }) => (
          <li key={name}>
            <button type="button" aria-pressed={chosen === name} disabled={assets.length === 0} onClick={() => onChoose(chosen === name ? "" : name)} title={words[name]?.what} data-testid={`bucket-${name}`}>
              <span className={styles["name"]}>{words[name]?.name ?? name}</span>
              <span className={styles["track"]} aria-hidden="true">
                <span style={{ width: `${share === null ? 0 : Math.min(100, toPixels(share) * 100)}%` }} />
              </span>
              <span className={styles["share"]}>{share === null ? "—" : <Percent value={toPercent(share)} />}</span>
              <span className={styles["value"]}>
                <Value value={value} />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function High({ position }: { readonly position: CapPosition }) {
  const { zone, locale } = useDisplay();
  const { listing } = position;
  if (!listing) return <Unknown why={UNMAPPED} />;
  const since = listing.high_known_since ? `the highest seen since ${exactInstantText(listing.high_known_since, zone)}` : "of all time, as CoinMarketCap says";
  return (
    <span title={`$ ${listing.high}, reached ${exactInstantText(listing.high_at, zone)}; ${since}`}>
      $ {Number(listing.high).toLocaleString(locale, { maximumSignificantDigits: 6 })}
      {listing.high_known_since && <small className={styles["dim"]}> since {listing.high_known_since.slice(0, 10)}</small>}
    </span>
  );
}

function Row({ position }: { readonly position: CapPosition }) {
  const { locale } = useDisplay();
  const { listing, potential_ratio: potential } = position;
  const cap = listing?.market_cap ?? null;
  return (
    <tr data-testid="cap-position">
      <th scope="row">{position.asset}</th>
      <td data-label="Value" className={tableStyles["number"]}>
        <Value value={position.value} unit />
      </td>
      <td data-label="Share" className={tableStyles["number"]}>
        {position.share_ratio === null ? <Unknown why="No price is known" /> : <Percent value={toPercent(position.share_ratio)} />}
      </td>
      <td data-label="Size">{SIZE_WORDS[position.size].name}</td>
      <td data-label="Rank" className={tableStyles["number"]}>
        {listing?.rank ?? <Unknown why={UNMAPPED} />}
      </td>
      <td data-label="Market cap" className={tableStyles["number"]}>
        {cap === null ? <Unknown why={UNMAPPED} /> : `$ ${compactText(Number(cap), locale)}`}
      </td>
      <td data-label="All-time high" className={tableStyles["number"]}>
        <High position={position} />
      </td>
      <td data-label="Below it" className={tableStyles["number"]}>
        {listing ? <Percent value={toPercent(listing.drawdown_ratio)} /> : <Unknown why={UNMAPPED} />}
      </td>
      <td data-label="Potential" className={tableStyles["number"]}>
        {potential === null ? <Unknown why={position.distance === "stable" ? "It is meant to keep to a currency" : UNMAPPED} /> : <Percent value={toPercent(potential)} signed />}
      </td>
    </tr>
  );
}

const COLUMNS = [
  ["Asset", false],
  ["Value", true],
  ["Share", true],
  ["Size", false],
  ["Rank", true],
  ["Market cap", true],
  ["All-time high", true],
  ["Below it", true],
  ["Potential", true],
] as const;

const Positions = ({ positions }: { readonly positions: readonly CapPosition[] }) => (
  <Table columns={COLUMNS} label="Positions by potential" className={styles["positions"]}>
    {positions.map((position) => (
      <Row key={position.asset} position={position} />
    ))}
  </Table>
);

function Summary({ caps }: { readonly caps: PortfolioCaps }) {
  return (
    <p className={styles["sum"]} data-testid="potential-sum">
      <span>
        At all its highs at once: {caps.potential_ratio === null ? "not known" : <Percent value={toPercent(caps.potential_ratio)} signed />}
      </span>
      <span className={styles["dim"]}>
        of {caps.covered_ratio === null ? "—" : <Percent value={toPercent(caps.covered_ratio)} />} of the value, whose highs are known
      </span>
      <span className={styles["dim"]}>
        listing <Age at={caps.listed_at} why="No listing was fetched yet" /> old
      </span>
    </p>
  );
}

function useChosen() {
  const [search, setSearch] = useSearchParams();
  const choose = (kind: string, name: string) => setSearch(name ? { [kind]: name } : {}, { replace: true });
  return { size: search.get("size") ?? "", distance: search.get("distance") ?? "", choose };
}

function Shown({ caps }: { readonly caps: PortfolioCaps }) {
  const { size, distance, choose } = useChosen();
  const fitting = caps.positions
    .filter((each) => (!size || each.size === size) && (!distance || each.distance === distance))
    .sort((left, right) => compare(right.value, left.value));
  return (
    <>
      <div className={styles["side"]}>
        <Buckets title="By market cap" buckets={caps.by_size} words={SIZE_WORDS} chosen={size} onChoose={(name) => choose("size", name)} />
        <Buckets title="By potential" buckets={caps.by_distance} words={DISTANCE_WORDS} chosen={distance} onChoose={(name) => choose("distance", name)} />
      </div>
      <Panel title={`Positions (${fitting.length})`} actions={<Freshness resourceKey="portfolio/market-caps" everyMs={CAPS_EVERY_MS} />}>
        <Summary caps={caps} />
        <Positions positions={fitting} />
      </Panel>
    </>
  );
}

export default function PotentialPage() {
  usePageTitle("Potential");
  const { resource, reload } = usePortfolioCaps();
  const [caps, problem] = [valueOf(resource), problemIn(resource)];
  return (
    <>
      <h1 className="hidden-text">Potential</h1>
      {caps && problem && <StaleNote fault={problem} age={<AnsweredAge resourceKey="portfolio/market-caps" />} onRetry={() => void reload()} />}
      {!caps && <Panel title="Potential">{problem ? <Failure fault={problem} title="Sizes and highs could not be shown" onRetry={() => void reload()} /> : <TableSkeleton columns={9} />}</Panel>}
      {caps?.positions.length === 0 && (
        <Panel title="Potential">
          <Empty title="Nothing is held yet">What you hold shows here beside the size of its coins and their all-time highs.</Empty>
        </Panel>
      )}
      {caps && caps.positions.length > 0 && (
        <div className={`${styles["layout"]} ${problem ? "quiet" : ""}`}>
          <Shown caps={caps} />
        </div>
      )}
    </>
  );
}
