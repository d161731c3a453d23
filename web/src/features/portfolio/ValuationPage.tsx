/** How the portfolio is valued: each price with the venues behind it, now or at the close of any candle. */
import { Link, useSearchParams } from "react-router";
import { Age, Amount, Instant, Price, Value } from "@/core/Figures";
import { usePageTitle } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { type AssetValuation, type PriceSource, type PriceStep, useValuation, type Valuation, type Verdict } from "@/core/valuations";
import { Mark, type Tone } from "@/shared/Mark";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./valuation.module.css";

const WORDS: Record<Verdict, readonly [Tone, string, string]> = {
  agreed: ["good", "confirmed", "A venue's own price, which other venues confirm"],
  composite: ["accent", "median", "The first venue's price was too far from the others: their median counts"],
  one_source: ["warn", "one source", "Only one venue tells a price: it is used, and not proven"],
  disputed: ["warn", "disputed", "Two venues contradict each other: the first counts, and it is not proven"],
};

function VerdictMark({ verdict, price }: Pick<AssetValuation, "verdict" | "price">) {
  if (verdict === null || price === null) return <Mark tone="warn">no price</Mark>;
  const [tone, word, why] = WORDS[verdict];
  return (
    <Mark tone={tone} title={why}>
      {word}
    </Mark>
  );
}

const Source = ({ source, isChosen }: { readonly source: PriceSource; readonly isChosen: boolean }) => (
  <tr data-testid="price-source" className={source.is_fresh ? "" : styles["left"]}>
    <th scope="row">
      {source.venue.toUpperCase()}:{source.symbol} {isChosen && <Mark tone="accent">counts</Mark>}
    </th>
    <td className={styles["number"]}>{source.price}</td>
    <td className={styles["number"]}>{source.converted === null ? <span title="No market tells the rate">—</span> : source.deviation_bp === null ? "—" : `${source.deviation_bp} bp`}</td>
    <td>
      <Age at={source.at} />
    </td>
    <td>{source.is_fresh ? "" : <Mark tone="plain">left out</Mark>}</td>
  </tr>
);

const Step = ({ step }: { readonly step: PriceStep }) => (
  <div className={styles["scroll"]}>
    <table className={styles["table"]}>
      <caption>
        {step.symbol} at {step.value}
        {step.venue === null && " (median)"}
      </caption>
      <thead>
        <tr>
          <th scope="col">Source</th>
          <th scope="col" className={styles["number"]}>
            Price
          </th>
          <th scope="col" className={styles["number"]}>
            From the median
          </th>
          <th scope="col">Made</th>
          <th scope="col">
            <span className="hidden-text">Whether it counted</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {step.sources.map((source) => (
          <Source key={`${source.venue} ${source.symbol}`} source={source} isChosen={source.venue === step.venue && source.symbol === step.symbol} />
        ))}
      </tbody>
    </table>
  </div>
);

const Asset = ({ asset }: { readonly asset: AssetValuation }) => (
  <details className={styles["asset"]} data-testid="asset-valuation" data-asset={asset.asset}>
    <summary>
      <strong>{asset.asset}</strong>
      <VerdictMark {...asset} />
      <span className={styles["figures"]}>
        <Amount value={asset.quantity} /> × <Price value={asset.price} aligned={false} /> = <Value value={asset.value} unit />
      </span>
    </summary>
    {asset.steps.length === 0 && <p className={styles["note"]}>{asset.price === null ? "No market leads from it to the base currency: it is in no value." : "It is the base currency itself."}</p>}
    {asset.steps.map((step) => (
      <Step key={step.symbol} step={step} />
    ))}
  </details>
);

function Told({ valuation }: { readonly valuation: Valuation }) {
  if (valuation.assets.length === 0) return <Empty title="Nothing is held">What is held shows here with its prices.</Empty>;
  return (
    <>
      <p className={styles["note"]}>
        <Value value={valuation.value} unit /> of what has a price, in {valuation.base_asset}, valued <Instant at={valuation.at} />{" "}
        {valuation.unproven > 0 && (
          <Mark tone="warn" title="Fewer than two venues agree on a price">
            {valuation.unproven} not proven
          </Mark>
        )}
      </p>
      {valuation.assets.map((asset) => (
        <Asset key={asset.asset} asset={asset} />
      ))}
    </>
  );
}

export default function ValuationPage() {
  usePageTitle("How this is valued");
  const [search] = useSearchParams();
  const { resource, reload } = useValuation(search.get("at"));
  const valuation = valueOf(resource);
  const problem = problemIn(resource);
  return (
    <>
      <h1 className="hidden-text">How the portfolio is valued</h1>
      <Panel title="How this is valued" actions={<Link to="/portfolio">Portfolio</Link>} testId="valuation" grow>
        {valuation && problem && <StaleNote fault={problem} age={<Age at={valuation.at} />} onRetry={() => void reload()} />}
        {!valuation && (problem ? <Failure fault={problem} title="The valuation could not be shown" onRetry={() => void reload()} /> : <TableSkeleton rows={6} columns={4} />)}
        {valuation && (
          <div className={problem ? "quiet" : ""}>
            <Told valuation={valuation} />
          </div>
        )}
      </Panel>
    </>
  );
}
