/** Datafeed tokens of the fake desk. */
interface Answer {
  readonly status?: number;
  readonly body?: unknown;
}

const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
const tokens = [
  { token_id: "wall", name: "wall screen", created_at: at(60 * 24 * 12), last_used_at: at(1) as string | null },
  { token_id: "office", name: "charts of the office, third monitor from the left", created_at: at(60 * 24 * 3), last_used_at: null },
];

export function feedTokens(method: string, id: string | undefined, name: string | undefined, isEmpty: boolean): Answer {
  if (method === "GET") return { body: { items: isEmpty ? [] : tokens.map((token) => ({ ...token, path: null })) } };
  if (method === "POST") {
    const made = { token_id: tokens.length.toString(), name: name ?? "", created_at: at(0), last_used_at: null };
    tokens.push(made);
    return { status: 201, body: { ...made, path: `/api/v1/datafeed/${"fake".repeat(11)}/udf` } };
  }
  tokens.splice(0, tokens.length, ...tokens.filter(({ token_id }) => token_id !== id));
  return { status: 204 };
}
