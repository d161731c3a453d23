/** Figures as the desk draws them. With masking on, no amount reaches the DOM at all. */
import { type ReactNode } from "react";
import type { Decimal } from "@/shared/decimals";
import { figureText, placesOfValue } from "@/shared/figures";
import { ageText, exactInstantText, instantText } from "@/shared/instants";
import { useNow } from "@/core/clock";
import { useDisplay } from "@/core/display";
import * as drawings from "@/core/drawings";
import styles from "./Figures.module.css";

/** Stands for any amount while masking is on: always as wide, whatever it hides. */
export function Mask() {
  return (
    <span className={styles["mask"]} data-masked>
      •••••
    </span>
  );
}

/** What there is no figure for. */
export function Unknown({ why }: { readonly why: string }) {
  return (
    <span className={styles["unknown"]} title={why}>
      —
    </span>
  );
}

const TONES = [styles["down"], undefined, styles["up"]];

function Drawn({ drawing }: { readonly drawing: drawings.Drawing }) {
  if (drawing.kind === "mask") return <Mask />;
  if (drawing.kind === "unknown") return <Unknown why={drawing.why} />;
  if (drawing.kind === "text") return <span title={drawing.title}>{drawing.text}</span>;
  const { sign, whole, fraction, zeros, padding } = drawing.figure;
  const { tone, unit, title } = drawing;
  return (
    <span className={`${styles["figure"]} ${tone === undefined ? "" : (TONES[tone + 1] ?? "")}`} title={title}>
      {sign}
      {whole}
      {fraction}
      {zeros && <span className={styles["zeros"]}>{zeros}</span>}
      {padding > 0 && <span className={styles["padding"]} style={{ width: `${padding}ch` }} />}
      {unit && <span className={styles["unit"]}> {unit}</span>}
    </span>
  );
}

interface AmountProps extends drawings.AmountStyle {
  readonly value: Decimal | null;
}

/** A quantity of an asset; its title holds every digit. */
export function Amount({ value, ...style }: AmountProps) {
  return <Drawn drawing={drawings.amountDrawing(useDisplay(), value, style)} />;
}

interface ValueProps {
  readonly value: Decimal | null;
  readonly signed?: boolean;
  readonly unit?: boolean;
  readonly why?: string;
}

/** A value given in the portfolio's base currency, shown in the chosen one. */
export function Value({ value, ...style }: ValueProps) {
  return <Drawn drawing={drawings.valueDrawing(useDisplay(), value, style)} />;
}

/** A market price, given in the base currency: public, so masking leaves it. */
export function Price({ value, aligned = true }: { readonly value: Decimal | null; readonly aligned?: boolean }) {
  return <Drawn drawing={drawings.priceDrawing(useDisplay(), value, aligned)} />;
}

/** What a unit cost its owner: like a price, but private. */
export function Cost({ value }: { readonly value: Decimal | null }) {
  return <Drawn drawing={drawings.costDrawing(useDisplay(), value)} />;
}

/** A percentage: it tells no size, so masking leaves it. */
export function Percent({ value, signed = false }: { readonly value: Decimal | null; readonly signed?: boolean }) {
  return <Drawn drawing={drawings.percentDrawing(useDisplay(), value, { signed })} />;
}

/** How long ago something was; the title says exactly when. */
export function Age({ at, prefix, why = "Never" }: { readonly at: string | null; readonly prefix?: ReactNode; readonly why?: string }) {
  const now = useNow();
  const { zone } = useDisplay();
  if (at === null) return <Unknown why={why} />;
  return (
    <time dateTime={at} title={exactInstantText(at, zone)} className={styles["age"]}>
      {prefix}
      {ageText(at, now)}
    </time>
  );
}

/** Date and time in the user's zone; the title names the zone. */
export function Instant({ at }: { readonly at: string | null }) {
  const { zone } = useDisplay();
  if (at === null) return <Unknown why="Not yet" />;
  return (
    <time dateTime={at} title={exactInstantText(at, zone)} className={styles["figure"]}>
      {instantText(at, zone)}
    </time>
  );
}

/** A count: rows, entries. It tells no amount. */
export function Count({ value }: { readonly value: number }) {
  const { locale } = useDisplay();
  return <span className={styles["figure"]}>{new Intl.NumberFormat(locale).format(value)}</span>;
}

/** A base-currency value as text, for places that take no element. Masked it says so. */
export function useValueText(): (value: Decimal | null, signed?: boolean) => string {
  const { masked, asset, convert, locale } = useDisplay();
  return (value, signed = false) => {
    const shown = convert(value);
    if (shown === null) return "not known";
    return masked ? "masked" : `${figureText(shown, { places: placesOfValue(asset), signed, locale })} ${asset}`;
  };
}
