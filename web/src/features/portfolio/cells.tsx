/** Cells of the portfolio's tables. */
import type { ICellRendererParams } from "ag-grid-community";
import { Link } from "react-router";
import { Amount } from "@/core/Figures";
import { isUnpriced, isUnproven, type Row } from "@/features/portfolio/rows";
import { sign } from "@/shared/decimals";
import { Mark } from "@/shared/Mark";
import styles from "./portfolio.module.css";

type Cell = ICellRendererParams<Row>;

const WHY_UNPROVEN = "Came in without a known cost (a deposit, or history that is missing): it is left out of profit and loss until its cost is proven. Shows its entries.";

/** The asset's name and every doubt about its figures, as words. */
export function Doubts({ row }: { readonly row: Row }) {
  const ledger = `/ledger?asset=${encodeURIComponent(row.asset)}${row.account ? `&account=${row.account.id}` : ""}`;
  return (
    <>
      {isUnproven(row) && (
        <Link to={`${ledger}&kind=deposit`} title={WHY_UNPROVEN}>
          <Mark tone="warn">unproven</Mark>
        </Link>
      )}
      {isUnpriced(row) && (
        <Mark tone="warn" title="No price is known, so it counts nowhere: it is not worth zero">
          unpriced
        </Mark>
      )}
      {row.priceDoubt && (
        <Link to="/portfolio/valuation" title={`The price is not confirmed. Fresh sources: ${row.priceSources}`}>
          <Mark tone="warn">{row.priceDoubt}</Mark>
        </Link>
      )}
      {sign(row.quantity) < 0 && (
        <Link to={ledger} title="More was sold than bought: history is missing">
          <Mark tone="bad">negative</Mark>
        </Link>
      )}
      {row.stale && (
        <Mark tone="accent" title="Older entries arrived: the figures are being made anew">
          folding
        </Mark>
      )}
    </>
  );
}

export const AssetCell = ({ data }: Cell) =>
  data && (
    <span className={styles["name"]}>
      <Link to={`/ledger?asset=${encodeURIComponent(data.asset)}`} title={`Entries of ${data.asset}`}>
        {data.asset}
      </Link>
      <Doubts row={data} />
    </span>
  );

export const AccountCell = ({ data }: Cell) => data?.account && <Link to={`/ledger?account=${data.account.id}`}>{data.account.label}</Link>;
export const DifferenceCell = ({ data }: Cell) =>
  data &&
  (data.difference !== null && sign(data.difference) === 0 ? (
    <span className={styles["agrees"]} title="The venue reports the same quantity">
      agrees
    </span>
  ) : (
    <Amount value={data.difference} signed why="The venue has not reported this balance" />
  ));
