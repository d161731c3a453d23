/** How a portfolio divides: one bar of shares, largest first. Shares tell no size, so masking leaves them. */
import { type Decimal, toPixels } from "@/shared/decimals";
import { toPercent } from "@/shared/arithmetic";
import { Percent } from "@/core/Figures";
import styles from "./AllocationBar.module.css";

export interface Share {
  readonly name: string;
  /** 0 … 1 */
  readonly ratio: Decimal;
}

const SHOWN = 6;
/** Steps of one grey-blue: order is told by place and label, not by hue. */
const SHADES = [100, 78, 60, 46, 36, 28];

const shade = (at: number) => `color-mix(in srgb, var(--nd-accent) ${SHADES[at] ?? 20}%, var(--nd-raised))`;

export function AllocationBar({ shares, label }: { readonly shares: readonly Share[]; readonly label: string }) {
  const shown = [...shares].sort((left, right) => toPixels(right.ratio) - toPixels(left.ratio)).slice(0, SHOWN);
  return (
    <figure className={styles["figure"]} aria-label={label}>
      <div className={styles["bar"]} aria-hidden="true">
        {shown.map(({ name, ratio }, at) => (
          <span key={name} style={{ width: `${toPixels(ratio) * 100}%`, background: shade(at) }} />
        ))}
      </div>
      <figcaption className={styles["legend"]}>
        {shown.map(({ name, ratio }, at) => (
          <span key={name}>
            <i style={{ background: shade(at) }} aria-hidden="true" />
            {name} <Percent value={toPercent(ratio)} />
          </span>
        ))}
        {shares.length > SHOWN && <span>and {shares.length - SHOWN} more</span>}
      </figcaption>
    </figure>
  );
}
