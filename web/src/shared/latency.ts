/** How long things took, hop by hop. */

export interface Hop {
  readonly name: string;
  /** What happened at its end. */
  readonly note: string;
  readonly at: string;
  /** From the hop before; null for the first, and where the instants are of different clocks. */
  readonly tookMs: number | null;
}

/** A name, what happened, and when; null while it did not. `isMarket`: by the venue's clock, which may be a replay's. */
export interface Station {
  readonly name: string;
  readonly note: string;
  readonly at: string | null;
  readonly isMarket?: boolean;
}

/** Only a plausible way from another clock is a latency. */
const PLAUSIBLE_MS = 60_000;

export const between = (from: string, to: string): number => Date.parse(to) - Date.parse(from);

/** The stations that were reached, each with its way from the one before. */
export function hopsOver(stations: readonly Station[]): readonly Hop[] {
  const reached = stations.flatMap(({ at, ...station }) => (at === null ? [] : [{ ...station, at }]));
  return reached.map(({ name, note, at }, index) => {
    const before = reached[index - 1];
    const took = before ? between(before.at, at) : null;
    const isPlausible = took !== null && took >= 0 && (before?.isMarket !== true || took < PLAUSIBLE_MS);
    return { name, note, at, tookMs: isPlausible ? took : null };
  });
}

/** `85 ms`, `1.24 s`, `3 min 20 s`. */
export function spanText(ms: number | null): string {
  if (ms === null) return "—";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
