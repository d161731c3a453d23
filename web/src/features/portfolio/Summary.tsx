/** The portfolio in a line of figures. */
import type { ReactNode } from "react";
import { Link } from "react-router";
import { AllocationBar } from "@/charts/AllocationBar";
import { useUncertainty } from "@/core/books";
import type { Range } from "@/core/books_contracts";
import { Age, Percent, Value } from "@/core/Figures";
import { NotProven } from "@/core/NotProven";
import type { ValuedPortfolio } from "@/core/portfolios";
import { valueOf } from "@/core/resources";
import { compare, sign } from "@/shared/decimals";
import { Panel } from "@/shared/Panel";
import styles from "./portfolio.module.css";

function Figure({ name, children, note }: { readonly name: string; readonly children: ReactNode; readonly note?: ReactNode }) {
  return (
    <div className={styles["figure"]}>
      <dt>{name}</dt>
      <dd>{children}</dd>
      <dd className={styles["note"]}>{note}</dd>
    </div>
  );
}

const listOf = (assets: readonly string[]) => (assets.length > 4 ? `${assets.slice(0, 4).join(", ")} and ${assets.length - 4} more` : assets.join(", "));

const isOpen = (range: Range | undefined): boolean => range !== undefined && compare(range.low, range.high) !== 0;

export function Summary({ portfolio, isStale }: { readonly portfolio: ValuedPortfolio; readonly isStale: boolean }) {
  const { assets, total, unpriced, as_of, gain, realised } = portfolio;
  const doubt = valueOf(useUncertainty().resource);
  const doubts = doubt?.findings.length ?? 0;
  const unproven = assets.filter((asset) => sign(asset.unproven) !== 0).map(({ asset }) => asset);
  const shares = assets.flatMap(({ asset, share_ratio: ratio }) => (ratio !== null && sign(ratio) > 0 ? [{ name: asset, ratio }] : []));
  return (
    <Panel title="Summary" actions={<><Link to="/portfolio/valuation">how valued?</Link> <Age at={as_of} prefix="valued " /></>}>
      <dl className={`${styles["figures"]} ${isStale ? "quiet" : ""}`}>
        <Figure
          name="Total"
          note={isOpen(doubt?.value) ? <NotProven range={doubt?.value} doubts={doubts} prices={doubt?.prices.length ?? 0} /> : total.complete ? <Age at={total.priced_at} prefix="oldest price " /> : "without what has no price"}
        >
          <Value value={total.value} unit />
        </Figure>
        <Figure name="Unrealised" note={gain && <Percent value={gain.percent} signed />}>
          <Value value={gain?.pnl ?? null} signed unit why="Nothing has both a price and a proven cost" />
        </Figure>
        <Figure name="Realised" note={isOpen(doubt?.realised) ? <NotProven range={doubt?.realised} doubts={doubts} /> : "of what was proven"}>
          <Value value={realised} signed unit why="Nothing was sold yet" />
        </Figure>
        <Figure name="Unpriced" note={unpriced.length ? listOf(unpriced) : "every asset has a price"}>
          {unpriced.length}
        </Figure>
        <Figure name="Unproven" note={unproven.length ? listOf(unproven) : "every cost is proven"}>
          {unproven.length}
        </Figure>
      </dl>
      {shares.length > 0 && <AllocationBar shares={shares} label="Share of each asset" />}
    </Panel>
  );
}
