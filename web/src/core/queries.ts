/** What pages show, each under one key, so that two panels never ask twice. */
import { useCallback, useEffect, useMemo } from "react";
import type { Account, Portfolio, User, VenueBudget } from "@/core/contracts";
import { laterOf } from "@/core/imports";
import type { ValuedPortfolio } from "@/core/portfolios";
import { problemIn, type Resource, useResource, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";

const PORTFOLIO_EVERY_MS = 5_000;
/** While it is pushed: a check that somebody still pushes. */
const PUSHED_PORTFOLIO_EVERY_MS = 30_000;
const POSITIONS_EVERY_MS = 15_000;
const ACCOUNTS_EVERY_MS = 15_000;
const HEALTH_EVERY_MS = 15_000;
const BUDGETS_EVERY_MS = 2_000;

/** The portfolio, newest first heard: pushed, or asked for while nothing is pushed. */
export function usePortfolio(): { readonly resource: Resource<ValuedPortfolio>; readonly reload: () => Promise<void> } {
  const { desk, resources, portfolios } = useServices();
  const isPushed = useStore(portfolios.isPushed);
  const value = useStore(portfolios.store);
  const load = useCallback(async () => {
    const portfolio = await desk.portfolio();
    portfolios.answered(portfolio);
    return portfolio;
  }, [desk, portfolios]);
  const { resource: asked, reload } = useResource(resources, "portfolio", load, isPushed ? PUSHED_PORTFOLIO_EVERY_MS : PORTFOLIO_EVERY_MS);
  const problem = problemIn(asked);
  const resource = useMemo<Resource<ValuedPortfolio>>(() => {
    if (value === null) return problem ? { kind: "error", problem } : { kind: "loading" };
    return problem && !isPushed ? { kind: "stale", value, problem } : { kind: "ready", value };
  }, [value, problem, isPushed]);
  return { resource, reload };
}

/** Contracts that are open; venues are asked once a minute. */
export function usePositions() {
  const { desk, resources } = useServices();
  const load = useCallback(() => desk.positions(), [desk]);
  return useResource(resources, "positions", load, POSITIONS_EVERY_MS);
}

/** The id of the user's own portfolio. */
export function usePortfolioId(): string {
  const { resources } = useServices();
  const { tenant_id } = useUser();
  const asked = resources.peek("portfolio") as Resource<Portfolio>;
  return valueOf(asked)?.portfolio_id ?? tenant_id;
}

export function useAccounts() {
  const { desk, resources, imports } = useServices();
  const load = useCallback(async () => {
    const accounts = await desk.accounts();
    for (const { import: progress } of accounts) if (progress) imports.report(progress);
    return accounts;
  }, [desk, imports]);
  return useResource(resources, "accounts", load, ACCOUNTS_EVERY_MS);
}

/** Every account that there ever was, for what tells of the past. */
export function useAccountsEver() {
  const { desk, resources } = useServices();
  const load = useCallback(() => desk.accountsEver(), [desk]);
  return useResource(resources, "accounts/ever", load);
}

export function useVenues() {
  const { desk, resources } = useServices();
  const load = useCallback(() => desk.venues(), [desk]);
  return useResource(resources, "venues", load);
}

export function useHealth() {
  const { desk, resources } = useServices();
  const load = useCallback(() => desk.health(), [desk]);
  return useResource(resources, "health", load, HEALTH_EVERY_MS);
}

/** Budgets, and when by the page's own clock they were answered: windows end by the desk's clock. */
export interface Budgets {
  readonly venues: readonly VenueBudget[];
  readonly answeredAtMs: number;
}

export function useBudgets() {
  const { desk, resources } = useServices();
  const load = useCallback(async (): Promise<Budgets> => ({ venues: await desk.budgets(), answeredAtMs: Date.now() }), [desk]);
  return useResource(resources, "budgets", load, BUDGETS_EVERY_MS);
}

/** The newest progress of an account's import, pushed or polled. */
export function useImport(account: Pick<Account, "account_id" | "import">) {
  const { imports } = useServices();
  const known = useStore(imports.store).get(account.account_id);
  return account.import ? laterOf(known, account.import) : (known ?? null);
}

/** The signed-in user; only below the session gate. */
export function useUser(): User {
  const state = useStore(useServices().session.state);
  if (state.kind !== "signed_in") throw new Error("useUser while nobody is signed in");
  return state.user;
}

/** Names the page in the title; never with a figure in it. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Nightdesk`;
  }, [title]);
}
