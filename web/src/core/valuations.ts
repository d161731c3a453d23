/** What the portfolio's value rests on: every price and every venue behind it. */
import { useCallback } from "react";
import * as z from "zod/mini";
import { amount, instant } from "@/core/contracts";
import { useResource } from "@/core/resources";
import { useServices } from "@/core/services";

const EVERY_MS = 5_000;

const verdict = z.enum(["agreed", "composite", "one_source", "disputed"]);
export type Verdict = z.infer<typeof verdict>;

const source = z.object({
  venue: z.string(),
  symbol: z.string(),
  price: amount,
  at: instant,
  converted: z.nullable(amount),
  deviation_bp: z.nullable(amount),
  is_fresh: z.boolean(),
});
export type PriceSource = z.infer<typeof source>;

const step = z.object({
  symbol: z.string(),
  value: amount,
  at: instant,
  verdict,
  venue: z.nullable(z.string()),
  median: amount,
  sources: z.array(source),
});
export type PriceStep = z.infer<typeof step>;

const valued_asset = z.object({
  asset: z.string(),
  quantity: amount,
  price: z.nullable(amount),
  priced_at: z.nullable(instant),
  value: z.nullable(amount),
  verdict: z.nullable(verdict),
  is_proven: z.boolean(),
  steps: z.array(step),
});
export type AssetValuation = z.infer<typeof valued_asset>;

const valuation = z.object({
  portfolio_id: z.string(),
  at: instant,
  base_asset: z.string(),
  value: amount,
  is_proven: z.boolean(),
  unproven: z.int(),
  assets: z.array(valued_asset),
});
export type Valuation = z.infer<typeof valuation>;

/** The valuation of now, again and again, or that of the last candle up to an instant. */
export function useValuation(at: string | null) {
  const { session, resources } = useServices();
  const path = at === null ? "/portfolio/valuation" : `/portfolio/valuations/${encodeURIComponent(at)}`;
  const load = useCallback(() => session.send({ path, answer: valuation }), [session, path]);
  return useResource<Valuation>(resources, path, load, at === null ? EVERY_MS : undefined);
}
