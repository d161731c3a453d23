/** Spans and percents as people write them, and as the desk takes them. */
import { multiply } from "@/shared/arithmetic";
import { decimal, isDecimal } from "@/shared/decimals";

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;
const SECONDS: Readonly<Record<string, number>> = { d: 86_400, day: 86_400, days: 86_400, h: 3_600, m: 60, min: 60, s: 1 };
const PART = /(\d+)\s*([a-z]+)/g;

/** `90 min` is 5400; null when it is no span. */
export function spanOf(text: string): number | null {
  const plain = text.toLowerCase().trim();
  if (plain === "" || plain === "0") return 0;
  if (plain.replace(PART, "").trim() !== "") return null;
  let seconds = 0;
  for (const [, count, unit] of plain.matchAll(PART)) {
    const each = SECONDS[unit ?? ""];
    if (each === undefined) return null;
    seconds += Number(count) * each;
  }
  return seconds;
}

/** 5400 is `1 h 30 min`. */
export function spanText(seconds: number): string {
  let left = seconds;
  const parts: string[] = [];
  for (const [unit, each] of UNITS) {
    const count = Math.floor(left / each);
    left -= count * each;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(" ") || "0";
}

/** Without zeros at the end of a fraction. */
export const trimmed = (text: string): string => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

/** `12.5` percent is `0.125`; null when it is no number. */
export function ratioOf(percent: string): string | null {
  const plain = percent.replace("%", "").replace(",", ".").trim();
  return isDecimal(plain) ? trimmed(multiply(decimal(plain), decimal("0.01"))) : null;
}

/** `0.125` is `12.5`. */
export const percentText = (ratio: string): string => (isDecimal(ratio) ? trimmed(multiply(decimal(ratio), decimal("100"))) : ratio);

/** `0, 30` is [0, 30]; null when it is no list of numbers. */
export function numbersOf(text: string): number[] | null {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  return parts.every((part) => /^\d+$/.test(part)) ? parts.map(Number) : null;
}
