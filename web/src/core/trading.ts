/** Orders, limits and the kill switch, as typed calls and as what pages show. */
import { useCallback, useEffect } from "react";
import { useResource } from "@/core/resources";
import { useServices } from "@/core/services";
import type { SessionKeeper } from "@/core/session";
import * as contracts from "@/core/trading_contracts";
import type { Decimal } from "@/shared/decimals";

export interface Wanted {
  readonly account_id: string;
  readonly instrument: string;
  readonly side: contracts.Side;
  readonly type: contracts.OrderType;
  readonly price?: string | undefined;
  readonly stop_price?: string | undefined;
  readonly reduce_only: boolean;
}

/** A quantity as one says it: so much of the base, so much of the quote, or a part of what is free (0 to 1). */
export interface Size {
  readonly quantity?: string | undefined;
  readonly value?: string | undefined;
  readonly ratio?: string | undefined;
}

export interface HaltWish {
  readonly reason: string;
  readonly allow_reducing: boolean;
  readonly cancel_orders: boolean;
}

export type NewLimits = Omit<contracts.Limits, "account_id">;

export const RELEASE_WORD = "RESUME";
export const ORDERS_EVERY_MS = 1_500;
const HALTS_EVERY_MS = 5_000;
const HISTORY_LIMIT = "200";
const PAST_LIMIT = "500";

const flags = (wanted: Wanted) => ({ ...wanted, reduce_only: String(wanted.reduce_only) });

export class Trading {
  readonly #session: SessionKeeper;

  constructor(session: SessionKeeper) {
    this.#session = session;
  }

  orders(live: boolean): Promise<contracts.OrderPage> {
    return this.#session.send({ path: "/orders", query: { live: live ? "true" : undefined, limit: HISTORY_LIMIT }, answer: contracts.order_page });
  }

  /** The newest orders of all, page after page until this many were read. */
  async past(most: number): Promise<readonly contracts.Order[]> {
    const found: contracts.Order[] = [];
    let cursor: string | null = null;
    do {
      const page: contracts.OrderPage = await this.#session.send({ path: "/orders", query: { limit: PAST_LIMIT, cursor }, answer: contracts.order_page });
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null && found.length < most);
    return found;
  }

  order(orderId: string): Promise<contracts.OrderDetail> {
    return this.#session.send({ path: `/orders/${encodeURIComponent(orderId)}`, answer: contracts.order_detail });
  }

  preview(wanted: Wanted, size: Size, signal: AbortSignal): Promise<contracts.Preview> {
    return this.#session.send({ path: "/orders/preview", query: { ...flags(wanted), ...size }, answer: contracts.preview, signal });
  }

  /** Places an order; the same key is the same order, however often it is sent. */
  place(wanted: Wanted, quantity: Decimal, key: string): Promise<contracts.Order> {
    return this.#session.send({
      method: "POST",
      path: "/orders",
      body: { ...wanted, quantity },
      headers: { "Idempotency-Key": key },
      answer: contracts.order,
    });
  }

  cancel(orderId: string): Promise<contracts.Order> {
    return this.#session.send({ method: "DELETE", path: `/orders/${encodeURIComponent(orderId)}`, answer: contracts.order });
  }

  cancelAll(): Promise<contracts.CancelReport> {
    return this.#session.send({ method: "POST", path: "/orders/cancel", body: {}, answer: contracts.cancel_report });
  }

  limits(): Promise<contracts.LimitsList> {
    return this.#session.send({ path: "/limits", answer: contracts.limits_list });
  }

  setLimits(accountId: string | null, wanted: NewLimits): Promise<contracts.Limits> {
    const path = accountId === null ? "/limits" : `/accounts/${encodeURIComponent(accountId)}/limits`;
    return this.#session.send({ method: "PUT", path, body: wanted, answer: contracts.limits });
  }

  halts(): Promise<contracts.Halts> {
    return this.#session.send({ path: "/halts", answer: contracts.halts });
  }

  halt(wish: HaltWish): Promise<{ readonly cancelled: number; readonly failed: Readonly<Record<string, string>> }> {
    return this.#session.send({ method: "POST", path: "/halts", body: wish, answer: contracts.halted });
  }

  release(haltId: string): Promise<contracts.Halt> {
    return this.#session.send({
      method: "POST",
      path: `/halts/${encodeURIComponent(haltId)}/release`,
      body: { confirm: RELEASE_WORD },
      answer: contracts.halt,
    });
  }
}

export const ordersKey = (live: boolean): string => (live ? "orders:live" : "orders:history");

/** Orders that are not over, or the newest of all: asked again and again, and at once when a fill is recorded. */
export function useOrders(live: boolean) {
  const { trading, resources, ledger } = useServices();
  const load = useCallback(() => trading.orders(live), [trading, live]);
  useEffect(() => ledger.follow(() => resources.refresh("orders:")), [ledger, resources]);
  return useResource(resources, ordersKey(live), load, ORDERS_EVERY_MS);
}

export function useLimits() {
  const { trading, resources } = useServices();
  const load = useCallback(() => trading.limits(), [trading]);
  return useResource(resources, "limits", load);
}

/** Whether trading is halted. */
export function useHalts() {
  const { trading, resources } = useServices();
  const load = useCallback(() => trading.halts(), [trading]);
  return useResource(resources, "halts", load, HALTS_EVERY_MS);
}
