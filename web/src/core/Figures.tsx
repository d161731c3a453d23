/** Figures as the desk draws them. With masking on, no amount reaches the DOM at all. */
import { type ReactNode } from "react";
import { type Decimal, sign as signOf } from "@/shared/decimals";
import { figure, figureText, type FigureStyle, placesOfPrice, placesOfValue, PRICE_PLACES, QUANTITY_PLACES } from "@/shared/figures";
import { ageText, exactInstantText, instantText } from "@/shared/instants";
import { useNow } from "@/core/clock";
import { useDisplay } from "@/core/display";
import styles from "./Figures.module.css";

const toneOf = (value: Decimal): string | undefined => [styles["down"], undefined, styles["up"]][signOf(value) + 1];

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

interface FigureProps {
  readonly value: Decimal;
  readonly style: FigureStyle;
  readonly unit?: string | undefined;
  readonly toned?: boolean;
  readonly title?: string | undefined;
}

function Drawn({ value, style, unit, toned, title }: FigureProps) {
  const { locale } = useDisplay();
  const { sign, whole, fraction, zeros, padding } = figure(value, { ...style, locale });
  return (
    <span className={`${styles["figure"]} ${toned ? (toneOf(value) ?? "") : ""}`} title={title}>
      {sign}
      {whole}
      {fraction}
      {zeros && <span className={styles["zeros"]}>{zeros}</span>}
      {padding > 0 && <span className={styles["padding"]} style={{ width: `${padding}ch` }} />}
      {unit && <span className={styles["unit"]}> {unit}</span>}
    </span>
  );
}

interface AmountProps {
  readonly value: Decimal | null;
  readonly asset?: string;
  readonly places?: number;
  readonly signed?: boolean;
  /** Whether up and down have their colours; by default what is signed has. */
  readonly toned?: boolean;
  readonly why?: string;
}

/** A quantity of an asset; its title holds every digit. */
export function Amount({ value, asset, places = QUANTITY_PLACES, signed = false, toned = signed, why = "Not known" }: AmountProps) {
  const { masked } = useDisplay();
  if (value === null) return <Unknown why={why} />;
  if (masked) return <Mask />;
  const title = asset ? `${value} ${asset}` : value;
  return <Drawn value={value} style={{ places, signed }} unit={asset} toned={toned} title={title} />;
}

/** A value given in the portfolio's base currency, shown in the chosen one. */
export function Value({ value, signed = false, unit = false, why = "No price is known" }: Omit<AmountProps, "asset" | "places"> & { readonly unit?: boolean }) {
  const { masked, asset, convert } = useDisplay();
  const shown = convert(value);
  if (shown === null) return <Unknown why={why} />;
  if (masked) return <Mask />;
  const style = { places: placesOfValue(asset), signed };
  return <Drawn value={shown} style={style} unit={unit ? asset : undefined} toned={signed} title={`${shown} ${asset}`} />;
}

/** A market price, given in the base currency: public, so masking leaves it. */
export function Price({ value, aligned = true }: { readonly value: Decimal | null; readonly aligned?: boolean }) {
  const { asset, convert } = useDisplay();
  const shown = convert(value);
  if (shown === null) return <Unknown why="No price is known" />;
  const places = placesOfPrice(shown);
  const style = { places, reserve: aligned ? PRICE_PLACES : places };
  return <Drawn value={shown} style={style} title={`${shown} ${asset}`} />;
}

/** What a unit cost its owner: like a price, but private. */
export function Cost({ value }: { readonly value: Decimal | null }) {
  const { masked, asset, convert } = useDisplay();
  const shown = convert(value);
  if (shown === null) return <Unknown why="Nothing of it has a proven cost" />;
  if (masked) return <Mask />;
  return <Drawn value={shown} style={{ places: placesOfPrice(shown), reserve: PRICE_PLACES }} title={`${shown} ${asset}`} />;
}

/** A percentage: it tells no size, so masking leaves it. */
export function Percent({ value, signed = false }: { readonly value: Decimal | null; readonly signed?: boolean }) {
  if (value === null) return <Unknown why="Not known" />;
  return <Drawn value={value} style={{ places: 2, signed }} unit="%" toned={signed} />;
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
