/** Keys of accounts, as the desk answers about them. No answer holds a key. */
import * as z from "zod/mini";
import { amount, instant } from "@/core/contracts";

const count = z.int().check(z.nonnegative());
const money = z.object({ amount, asset: z.string() });

const key_right = z.object({
  right: z.enum(["read", "trade", "withdraw"]),
  said: z.nullable(z.boolean()),
  verdict: z.enum(["allowed", "refused", "untold"]),
  asked: z.string(),
  code: z.nullable(z.string()),
  may: z.boolean(),
  contradicted: z.boolean(),
});
export type KeyRight = z.infer<typeof key_right>;

const key_use = z.object({
  asker: z.string(),
  operation: z.string(),
  outcome: z.string(),
  uses: count,
  first_at: instant,
  last_at: instant,
  correlation_id: z.string(),
});
export type KeyUse = z.infer<typeof key_use>;
export const key_use_page = z.object({ items: z.array(key_use), next_cursor: z.nullable(z.string()) });
export type KeyUsePage = z.infer<typeof key_use_page>;

const place = z.object({ url: z.string(), path: z.string() });

export const key_card = z.object({
  account_id: z.string(),
  venue: z.string(),
  label: z.string(),
  state: z.string(),
  key_hint: z.nullable(z.string()),
  rights: z.array(key_right),
  ip_bound: z.nullable(z.boolean()),
  addresses: z.array(z.string()),
  tested_at: z.nullable(instant),
  stored: z.nullable(
    z.object({ cipher: z.string(), key_source: z.string(), sealed_at: instant, rotations: count, destroyed_at: z.nullable(instant) }),
  ),
  stake: z.object({
    seen: money,
    tradable: money,
    withdrawable: money,
    unpriced: z.array(z.string()),
    reported_at: z.nullable(instant),
  }),
  last_used_at: z.nullable(instant),
  uses: z.array(key_use),
  delete_at: z.nullable(place),
  same_owner: z.nullish(z.boolean()),
});
export type KeyCard = z.infer<typeof key_card>;

const drill = z.object({
  drill_id: z.string(),
  mode: z.enum(["drill", "real"]),
  actor: z.string(),
  started_at: instant,
  finished_at: instant,
  keys: count,
  destroyed: count,
  halted: z.boolean(),
  took_ms: z.number(),
});
export type KeyDrill = z.infer<typeof drill>;
export const key_drills = z.object({ items: z.array(drill), next_cursor: z.nullable(z.string()) });

const revoked_key = z.object({
  account_id: z.string(),
  venue: z.string(),
  label: z.string(),
  key_hint: z.nullable(z.string()),
  destroyed: z.boolean(),
  took_ms: z.number(),
  code: z.nullable(z.string()),
  delete_at: z.nullable(place),
});
export type RevokedKey = z.infer<typeof revoked_key>;

export const revocation = z.object({
  drill,
  steps: z.array(z.object({ name: z.string(), took_ms: z.number(), code: z.nullable(z.string()) })),
  keys: z.array(revoked_key),
});
export type Revocation = z.infer<typeof revocation>;
