/** The same rows on a phone: a card each, largest first. */
import { Age, Amount, Percent, Price, Value } from "@/core/Figures";
import { Doubts } from "@/features/portfolio/cells";
import { isUnproven, type Row } from "@/features/portfolio/rows";
import { toPercent } from "@/shared/arithmetic";
import { compare } from "@/shared/decimals";
import { Link } from "react-router";
import styles from "./portfolio.module.css";

function Card({ row }: { readonly row: Row }) {
  const { asset, account, quantity, value, price, pricedAt, gain, realised, shareRatio, stale } = row;
  return (
    <li className={`${styles["card"]} ${stale ? "quiet" : ""}`}>
      <div className={styles["cardHead"]}>
        <strong>
          <Link to={`/ledger?asset=${encodeURIComponent(asset)}`}>{asset}</Link>
        </strong>
        {account && <span className={styles["none"]}>{account.label}</span>}
        <Doubts row={row} />
        <strong className={styles["cardValue"]}>
          <Value value={value} unit />
        </strong>
      </div>
      <dl className={styles["pairs"]}>
        <div>
          <dt>Quantity</dt>
          <dd>
            <Amount value={quantity} />
          </dd>
        </div>
        <div>
          <dt>
            Price <Age at={pricedAt} />
          </dt>
          <dd>
            <Price value={price} aligned={false} />
          </dd>
        </div>
        <div className={isUnproven(row) ? "hatched" : undefined}>
          <dt>Unrealised</dt>
          <dd>
            <Value value={gain?.pnl ?? null} signed /> {gain && <Percent value={gain.percent} signed />}
          </dd>
        </div>
        <div>
          <dt>Realised</dt>
          <dd>
            <Value value={realised} signed />
          </dd>
        </div>
        {shareRatio !== null && (
          <div>
            <dt>Share</dt>
            <dd>
              <Percent value={toPercent(shareRatio)} />
            </dd>
          </div>
        )}
      </dl>
    </li>
  );
}

export function HoldingCards({ rows, isStale }: { readonly rows: readonly Row[]; readonly isStale: boolean }) {
  const sorted = [...rows].sort((left, right) => compare(right.value, left.value));
  return (
    <ul className={`${styles["cards"]} ${isStale ? "quiet" : ""}`} data-testid="portfolio-cards">
      {sorted.map((row) => (
        <Card key={row.id} row={row} />
      ))}
    </ul>
  );
}
