/** A price as its market quotes it. */
import { useDisplay } from "@/core/display";
import type { Decimal } from "@/shared/decimals";
import { figureText, placesOfPrice } from "@/shared/figures";
import styles from "./orders.module.css";

export function QuotePrice({ value, unit }: { readonly value: Decimal | null; readonly unit?: string }) {
  const { locale } = useDisplay();
  if (value === null) return <span className={styles["dim"]}>—</span>;
  return (
    <span className={styles["price"]} title={unit ? `${value} ${unit}` : value}>
      {figureText(value, { places: placesOfPrice(value), locale })}
      {unit && <span className={styles["dim"]}> {unit}</span>}
    </span>
  );
}
