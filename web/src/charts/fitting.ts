/** How fine the bars of a span may be, so that there are not too many to draw. */

export const BARS_MAX = 1_000;

const SPANS: readonly (readonly [string, number])[] = [
  ["1m", 60_000],
  ["5m", 300_000],
  ["15m", 900_000],
  ["30m", 1_800_000],
  ["1h", 3_600_000],
  ["4h", 14_400_000],
  ["1d", 86_400_000],
];

/** The finest resolution, at least as coarse as wished, of which the span has few enough bars. */
export function fitting(wished: string, spanMs: number): readonly [string, number] {
  const from = Math.max(0, SPANS.findIndex(([name]) => name === wished));
  return SPANS.slice(from).find(([, each]) => spanMs / each <= BARS_MAX) ?? ["1d", 86_400_000];
}
