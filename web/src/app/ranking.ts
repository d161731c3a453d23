/** Finds by a few letters: every word typed must begin a word of the name, or its letters stand in it in order. */

interface Named {
  readonly name: string;
}

function score(query: string, name: string): number {
  const lower = name.toLowerCase();
  if (lower.startsWith(query)) return 3;
  const words = lower.split(/\s+/);
  if (query.split(/\s+/).every((part) => words.some((word) => word.startsWith(part)))) return 2;
  let at = -1;
  for (const letter of query.replaceAll(" ", "")) {
    at = lower.indexOf(letter, at + 1);
    if (at < 0) return 0;
  }
  return 1;
}

const SHOWN_AT_MOST = 60;

/** What fits the query, best first; everything, in its own order, for an empty one. */
export function rank<Item extends Named>(query: string, items: readonly Item[]): readonly Item[] {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return items.slice(0, SHOWN_AT_MOST);
  const scored = items.map((item) => ({ item, score: score(wanted, item.name) })).filter((each) => each.score > 0);
  return scored
    .sort((left, right) => right.score - left.score)
    .slice(0, SHOWN_AT_MOST)
    .map(({ item }) => item);
}
