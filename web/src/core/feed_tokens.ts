/** Tokens by which a charting library reads the datafeed, as typed calls and as what the page shows. */
import { useCallback, useMemo } from "react";
import * as z from "zod/mini";
import { instant } from "@/core/contracts";
import { useResource } from "@/core/resources";
import { useServices } from "@/core/services";
import type { SessionKeeper } from "@/core/session";

const EVERY_MS = 15_000;
const NOTHING = z.unknown();
/** As the desk has it. */
export const FEED_TOKENS_MAX = 20;
export const FEED_TOKENS_KEY = "datafeed-tokens";

const feed_token = z.object({
  token_id: z.string(),
  name: z.string(),
  created_at: instant,
  last_used_at: z.nullable(instant),
});
export type FeedToken = z.infer<typeof feed_token>;
const feed_tokens = z.object({ items: z.array(feed_token) });

/** Only this answer has the path, in which the token stands. */
const made_feed_token = z.extend(feed_token, { path: z.string() });
export type MadeFeedToken = z.infer<typeof made_feed_token>;

export class FeedTokens {
  readonly #session: SessionKeeper;

  constructor(session: SessionKeeper) {
    this.#session = session;
  }

  all(): Promise<readonly FeedToken[]> {
    return this.#session.send({ path: "/datafeed-tokens", answer: feed_tokens }).then(({ items }) => items);
  }

  make(name: string): Promise<MadeFeedToken> {
    return this.#session.send({ method: "POST", path: "/datafeed-tokens", body: { name }, answer: made_feed_token });
  }

  async revoke(tokenId: string): Promise<void> {
    await this.#session.send({ method: "DELETE", path: `/datafeed-tokens/${encodeURIComponent(tokenId)}`, answer: NOTHING });
  }
}

/** Not among the services: only the page that shows them loads it. */
export function useFeedTokenDesk(): FeedTokens {
  const { session } = useServices();
  return useMemo(() => new FeedTokens(session), [session]);
}

export function useFeedTokens() {
  const tokens = useFeedTokenDesk();
  const { resources } = useServices();
  const load = useCallback(() => tokens.all(), [tokens]);
  return useResource(resources, FEED_TOKENS_KEY, load, EVERY_MS);
}
