/** Own points as text: a line each of time, value and label. */
import type { NewPoint } from "@/core/chart_desk";
import { isDecimal } from "@/shared/decimals";
import { instantOf } from "@/shared/zoned";

export interface ReadPoints {
  readonly points: readonly NewPoint[];
  /** Numbers of the lines that are no points, from 1, and why. */
  readonly refused: readonly { readonly line: number; readonly why: string }[];
}

const SECONDS = /^\d{9,10}$/;
const MILLISECONDS = /^\d{12,13}$/;
const ZONED = /(?:[zZ]|[+-]\d\d:?\d\d)$/;
const LABEL_MOST = 200;

/** The instant a text means: seconds or milliseconds since 1970, RFC 3339, or a local time of the zone. */
export function timeOf(text: string, zone: string): string | null {
  if (SECONDS.test(text)) return new Date(Number(text) * 1000).toISOString();
  if (MILLISECONDS.test(text)) return new Date(Number(text)).toISOString();
  const local = text.trim().replace(" ", "T");
  if (!/^\d{4}-\d\d-\d\d/.test(local)) return null;
  if (!ZONED.test(local) || local.length <= 10) return instantOf(local.length === 10 ? `${local}T00:00` : local, zone);
  const at = Date.parse(local);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

const split = (line: string): string[] => {
  const separator = line.includes(";") ? ";" : line.includes("\t") ? "\t" : ",";
  const [time = "", value = "", ...label] = line.split(separator);
  return [time.trim(), value.trim(), label.join(separator).trim().replace(/^"(.*)"$/, "$1")];
};

function pointIn(line: string, zone: string): NewPoint | string {
  const [time = "", value = "", label = ""] = split(line);
  const at = timeOf(time.replace(/^"(.*)"$/, "$1"), zone);
  if (at === null) return "its time can't be read";
  const number = value.replace(/^\+/, "");
  if (!isDecimal(number)) return "its value is no plain decimal number";
  // eslint-disable-next-line no-control-regex -- those that the desk refuses
  return { at, value: number, label: label.replace(/[\x00-\x1f\x7f]/g, " ").slice(0, LABEL_MOST) };
}

/** Points of a text; a first line that is none is a header, of two points of one instant the later counts. */
export function readPoints(text: string, zone: string): ReadPoints {
  const points = new Map<string, NewPoint>();
  const refused: { line: number; why: string }[] = [];
  text.split(/\r?\n/).forEach((line, number) => {
    if (!line.trim()) return;
    const read = pointIn(line, zone);
    if (typeof read !== "string") points.set(read.at, read);
    else if (number > 0) refused.push({ line: number + 1, why: read });
  });
  return { points: [...points.values()], refused };
}
