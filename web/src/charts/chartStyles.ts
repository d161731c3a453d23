/** KLineChart in the desk's tokens; the canvas knows no CSS, so they are read when the theme changes. */
import type { DeepPartial, Styles } from "klinecharts";

const tokens = new Map<string, string>();
let look = "";

/** A colour of the theme. The computed style is asked once for each theme: brushes want colours with every frame. */
export function token(name: string): string {
  const root = document.documentElement;
  const now = `${root.getAttribute("data-mantine-color-scheme")} ${root.hasAttribute("data-swapped")}`;
  if (now !== look) tokens.clear();
  look = now;
  const known = tokens.get(name);
  if (known) return known;
  const read = getComputedStyle(root).getPropertyValue(`--nd-${name}`).trim();
  if (read) tokens.set(name, read);
  return read || "#888888";
}

const FAMILY = '"Inter Variable", system-ui, sans-serif';
const SIZE = 11;

/** A token at some opacity: tokens are `#rrggbb`, or refer to one that is. */
function faint(color: string, alpha: string): string {
  return /^#[0-9a-f]{6}$/i.test(color) ? `${color}${alpha}` : color;
}

function axis(isMasked: boolean, [line, dim]: readonly [string, string]): NonNullable<DeepPartial<Styles>["yAxis"]> {
  return {
    axisLine: { color: line },
    tickLine: { show: false },
    tickText: { show: !isMasked, color: dim, size: SIZE, family: FAMILY },
  };
}

/** `isMasked` leaves out every figure of the value axis: the form stays, the size does not. */
export function chartStyles(isMasked: boolean): DeepPartial<Styles> {
  const [line, dim, text, strong, raised, accent] = [token("line"), token("dim"), token("text"), token("line-strong"), token("raised"), token("accent")];
  const isSwapped = document.documentElement.hasAttribute("data-swapped");
  const [up, down] = isSwapped ? [token("bad"), token("good")] : [token("good"), token("bad")];
  const mark = { show: !isMasked, color: dim, textSize: SIZE, textFamily: FAMILY };
  const crossText = { color: text, backgroundColor: raised, borderColor: strong, size: SIZE, family: FAMILY };
  return {
    grid: { horizontal: { color: line, style: "solid" }, vertical: { show: false } },
    candle: {
      bar: { upColor: up, downColor: down, noChangeColor: dim, upBorderColor: up, downBorderColor: down, noChangeBorderColor: dim, upWickColor: up, downWickColor: down, noChangeWickColor: dim },
      area: {
        lineColor: accent,
        lineSize: 1.5,
        value: "close",
        backgroundColor: [
          { offset: 0, color: faint(accent, "05") },
          { offset: 1, color: faint(accent, "33") },
        ],
        point: { show: true, color: accent, rippleColor: faint(accent, "44"), animation: false },
      },
      priceMark: {
        high: mark,
        low: mark,
        last: { upColor: up, downColor: down, noChangeColor: dim, text: { show: !isMasked, size: SIZE, family: FAMILY, color: token("ground") } },
      },
      tooltip: { showRule: "none" },
    },
    indicator: {
      tooltip: {
        showRule: "always",
        offsetTop: 4,
        title: { size: SIZE, family: FAMILY, color: dim, showParams: false },
        legend: { size: SIZE, family: FAMILY, color: dim },
      },
      lastValueMark: { show: false },
    },
    xAxis: axis(false, [line, dim]),
    yAxis: axis(isMasked, [line, dim]),
    separator: { color: line, activeBackgroundColor: raised },
    crosshair: {
      horizontal: { line: { color: strong }, text: { ...crossText, show: !isMasked } },
      vertical: { line: { color: strong }, text: crossText },
    },
  };
}

/** Colours of volume bars: those of the bars above, faint. */
export function volumeColors(): { readonly up: string; readonly down: string } {
  const isSwapped = document.documentElement.hasAttribute("data-swapped");
  const [up, down] = [faint(token("good"), "66"), faint(token("bad"), "66")];
  return isSwapped ? { up: down, down: up } : { up, down };
}

/** Colours of marks by their letter: bought as up, sold as down, fired as what wants attention. */
export function markColors(): Readonly<Record<string, string>> & { readonly other: string } {
  const isSwapped = document.documentElement.hasAttribute("data-swapped");
  const [up, down] = isSwapped ? [token("bad"), token("good")] : [token("good"), token("bad")];
  return { B: up, S: down, F: token("warn"), other: token("dim") };
}

const STUDY_LINES = ["study-1", "study-2", "study-3", "study-4", "study-5", "study-6"] as const;

/** Colours of studies, each after the other; none of them means up or down. */
export function studyColors(): { readonly dim: string; readonly line: (number: number) => string } {
  return { dim: token("dim"), line: (number) => token(STUDY_LINES[number % STUDY_LINES.length] ?? "accent") };
}
