/** Doubts about the books and compared balances, as typed calls and as what pages show. */
import { useCallback, useMemo } from "react";
import type * as z from "zod/mini";
import * as shapes from "@/core/books_contracts";
import { useResource } from "@/core/resources";
import { useServices } from "@/core/services";
import type { SessionKeeper } from "@/core/session";

const EVERY_MS = 15_000;
const at = (...parts: readonly string[]): string => parts.map((part) => `/${encodeURIComponent(part)}`).join("");

/** Which findings are asked for; an empty text asks for every one. */
export interface FindingQuery {
  readonly state: string;
  readonly cause: string;
  readonly account: string;
}

/** What a person says about a finding; what is null is as the finding says. */
export interface Repair {
  readonly action: shapes.Action;
  readonly note: string;
  readonly amount?: string | null;
  readonly occurred_at?: string | null;
  readonly cost_amount?: string | null;
  readonly cost_asset?: string | null;
  readonly movement_ids?: readonly string[];
}

export class Books {
  readonly #session: SessionKeeper;

  constructor(session: SessionKeeper) {
    this.#session = session;
  }

  findings({ state, cause, account }: FindingQuery, cursor: string | null = null): Promise<shapes.FindingPage> {
    const query = { state, cause: cause || null, account_id: account || null, cursor, limit: "100" };
    return this.#session.send({ path: "/inbox", query, answer: shapes.finding_page });
  }

  finding(findingId: string): Promise<shapes.FindingDetail> {
    return this.#session.send({ path: `/inbox${at(findingId)}`, answer: shapes.finding_detail });
  }

  /** What a repair would append. */
  preview(findingId: string, repair: Repair): Promise<shapes.Repaired> {
    return this.#session.send({ method: "POST", path: `/inbox${at(findingId, "repair")}`, body: { ...repair, preview: true }, answer: shapes.repaired });
  }

  repair(findingId: string, repair: Repair): Promise<shapes.Repaired> {
    return this.#session.send({ method: "POST", path: `/inbox${at(findingId, "repair")}`, body: repair, answer: shapes.repaired });
  }

  undo(findingId: string, note: string): Promise<shapes.FindingDetail> {
    return this.#session.send({ method: "POST", path: `/inbox${at(findingId, "undo")}`, body: { note }, answer: shapes.finding_detail });
  }

  candidates(movementId: string): Promise<readonly shapes.Movement[]> {
    return this.#session.send({ path: "/transfers/candidates", query: { movement_id: movementId }, answer: shapes.movements }).then(({ items }) => items);
  }

  uncertainty(): Promise<shapes.Uncertainty> {
    return this.#session.send({ path: "/portfolio/uncertainty", answer: shapes.uncertainty });
  }

  async checks(account: string, differences: boolean): Promise<shapes.Reconciliation> {
    const items: shapes.BalanceCheck[] = [];
    let cursor: string | null = null;
    for (;;) {
      const query: Record<string, string | null> = { account_id: account || null, differences: differences.toString(), cursor, limit: "500" };
      const page: z.infer<typeof shapes.reconciliation> = await this.#session.send({ path: "/reconciliation", query, answer: shapes.reconciliation });
      items.push(...page.items);
      cursor = page.next_cursor;
      if (cursor === null) return { ...page, items };
    }
  }
}

export function useBooks(): Books {
  const { session } = useServices();
  return useMemo(() => new Books(session), [session]);
}

export function useFindings({ state, cause, account }: FindingQuery) {
  const { resources } = useServices();
  const books = useBooks();
  const load = useCallback(() => books.findings({ state, cause, account }), [books, state, cause, account]);
  return useResource(resources, `inbox/list/${state}/${cause}/${account}`, load, EVERY_MS);
}

export function useFinding(findingId: string) {
  const { resources } = useServices();
  const books = useBooks();
  const load = useCallback(() => books.finding(findingId), [books, findingId]);
  return useResource(resources, `inbox/one/${findingId}`, load);
}

export function useChecks(account: string, differences: boolean) {
  const { resources } = useServices();
  const books = useBooks();
  const load = useCallback(() => books.checks(account, differences), [books, account, differences]);
  return useResource(resources, `reconciliation/${account}/${differences.toString()}`, load, EVERY_MS);
}

/** The portfolio's totals as intervals, for as long as doubts are open. */
export function useUncertainty() {
  const { resources } = useServices();
  const books = useBooks();
  const load = useCallback(() => books.uncertainty(), [books]);
  return useResource(resources, "portfolio-uncertainty", load, EVERY_MS);
}
