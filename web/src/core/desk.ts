/** What one can ask of the desk, as typed calls. */
import * as z from "zod/mini";
import * as contracts from "@/core/contracts";
import { newCorrelationId } from "@/core/http";
import type { SessionKeeper } from "@/core/session";

export interface NewAccount {
  readonly venue: string;
  readonly label: string;
  readonly key: string;
  readonly secret: string;
}

/** Filters of the ledger; instants are RFC 3339 in UTC. */
export interface LedgerFilter {
  readonly account_id?: string | undefined;
  readonly asset?: string | undefined;
  readonly kind?: string | undefined;
  readonly instrument?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Which bars: the first from `from` on, otherwise the newest before `to`; both in milliseconds since 1970. */
export interface CandleRange {
  readonly series: string;
  readonly resolution: string;
  /** Whose midnights days, weeks and months begin at; UTC without it. */
  readonly zone?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
}

const NOTHING = z.unknown();

export class Desk {
  readonly #session: SessionKeeper;

  constructor(session: SessionKeeper) {
    this.#session = session;
  }

  health(): Promise<contracts.Health> {
    return this.#session.send({ path: "/health", answer: contracts.health });
  }

  venues(): Promise<readonly contracts.Venue[]> {
    return this.#session.send({ path: "/venues", answer: contracts.venues }).then(({ items }) => items);
  }

  accounts(): Promise<readonly contracts.Account[]> {
    return this.#session.send({ path: "/accounts", answer: contracts.accounts }).then(({ items }) => items);
  }

  /** Contracts that are open, as venues reported them last. */
  positions(): Promise<readonly contracts.Position[]> {
    return this.#session.send({ path: "/positions", answer: contracts.positions }).then(({ items }) => items);
  }

  /** Those too that were disconnected: their ledger stays. */
  accountsEver(): Promise<readonly contracts.Account[]> {
    return this.#session.send({ path: "/accounts", query: { include: "disconnected" }, answer: contracts.accounts }).then(({ items }) => items);
  }

  /** Connects an account; the same `idempotencyKey` never connects twice. */
  connect(account: NewAccount, idempotencyKey: string): Promise<contracts.Account> {
    return this.#session.send({
      method: "POST",
      path: "/accounts",
      body: account,
      headers: { "Idempotency-Key": idempotencyKey },
      answer: contracts.account,
    });
  }

  async disconnect(accountId: string): Promise<void> {
    await this.#session.send({ method: "DELETE", path: `/accounts/${encodeURIComponent(accountId)}`, answer: NOTHING });
  }

  importProgress(accountId: string): Promise<contracts.ImportProgress> {
    return this.#session.send({ path: `/accounts/${encodeURIComponent(accountId)}/import`, answer: contracts.import_progress });
  }

  startImport(accountId: string): Promise<contracts.ImportProgress> {
    return this.#session.send({
      method: "POST",
      path: `/accounts/${encodeURIComponent(accountId)}/import`,
      answer: contracts.import_progress,
    });
  }

  /** Asks the venues for balances and prices again; all requests share one correlation id. */
  async refresh(accountIds: readonly string[]): Promise<void> {
    const correlationId = newCorrelationId();
    const call = (accountId: string) =>
      this.#session.send({ method: "POST", path: `/accounts/${encodeURIComponent(accountId)}/refresh`, answer: NOTHING, correlationId });
    await Promise.all(accountIds.map(call));
  }

  portfolio(): Promise<contracts.Portfolio> {
    return this.#session.send({ path: "/portfolio", answer: contracts.portfolio });
  }

  ledger(filter: LedgerFilter, cursor: string | null, limit: number): Promise<contracts.LedgerPage> {
    const query = { ...filter, cursor, limit: limit.toString() };
    return this.#session.send({ path: "/ledger", query, answer: contracts.ledger_page });
  }

  verify(accountId?: string): Promise<contracts.ChainReport> {
    return this.#session.send({ path: "/ledger/verify", query: { account_id: accountId }, answer: contracts.chain_report });
  }

  candles({ series, resolution, zone, from, to, limit }: CandleRange, signal?: AbortSignal): Promise<contracts.CandlePage> {
    const query = { series, resolution, time_zone: zone, from: from?.toString(), to: to?.toString(), limit: limit.toString() };
    return this.#session.send({ path: "/candles", query, answer: contracts.candle_page, ...(signal ? { signal } : {}) });
  }

  budgets(): Promise<readonly contracts.VenueBudget[]> {
    return this.#session.send({ path: "/balancer", answer: contracts.budgets }).then(({ items }) => items);
  }

  async changeMe(change: { display_asset?: string; time_zone?: string }): Promise<void> {
    await this.#session.send({ method: "PATCH", path: "/me", body: change, answer: NOTHING });
    const state = this.#session.state.value;
    if (state.kind === "signed_in") this.#session.setUser({ ...state.user, ...change });
  }
}
