/** What the bar under the crosshair holds, the newest without one. Drawn past React: the crosshair moves often. */
import type { Bar } from "@/core/contracts";
import { barText, changeText, placesOf, volumeText } from "@/charts/barFigures";
import styles from "./CandleChart.module.css";

const NAMES = ["O", "H", "L", "C"] as const;

export interface LegendStyle {
  readonly isMasked: boolean;
  readonly locale: string;
  readonly hasVolume: boolean;
  /** Writes the start of a bar. */
  readonly instant: (atMs: number) => string;
}

/** The bar as the legend's pairs of name and text. */
export function legendOf([at, open, high, low, close, volume]: Bar, { isMasked, locale, hasVolume, instant }: LegendStyle): readonly (readonly [string, string])[] {
  const places = placesOf(close);
  const figures = [open, high, low, close].map((value, nth) => [NAMES[nth] ?? "", isMasked ? "•••••" : barText(value, places, locale)] as const);
  return [["", instant(at)], ...figures, ["", changeText(open, close)], ...(hasVolume ? [["V", volumeText(volume, locale)] as const] : [])];
}

/** Writes a bar into the legend's element. */
export function writeLegend(element: HTMLElement, bar: Bar | null, style: LegendStyle): void {
  const pairs = bar ? legendOf(bar, style) : [];
  element.dataset["tone"] = bar && bar[4] < bar[1] ? "down" : "up";
  while (element.children.length > pairs.length) element.lastElementChild?.remove();
  pairs.forEach(([name, text], nth) => {
    const known = element.children.item(nth);
    const pair = known ?? element.appendChild(document.createElement("span"));
    if (!known) pair.append(document.createElement("span"), document.createElement("b"));
    const [label, value] = [pair.firstElementChild, pair.lastElementChild];
    if (label && label.textContent !== name) label.textContent = name;
    if (value && value.textContent !== text) value.textContent = text;
  });
}

export const Legend = ({ ref }: { readonly ref: React.Ref<HTMLDivElement> }) => <div ref={ref} className={styles["legend"]} data-testid="chart-legend" />;
