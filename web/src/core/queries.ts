/** What pages show, each under one key, so that two panels never ask twice. */
import { useCallback, useEffect } from "react";
import type { Account } from "@/core/contracts";
import type { User } from "@/core/contracts";
import { laterOf } from "@/core/imports";
import { useResource } from "@/core/resources";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";

const PORTFOLIO_EVERY_MS = 5_000;
const ACCOUNTS_EVERY_MS = 15_000;
const HEALTH_EVERY_MS = 15_000;

export function usePortfolio() {
  const { desk, resources } = useServices();
  const load = useCallback(() => desk.portfolio(), [desk]);
  return useResource(resources, "portfolio", load, PORTFOLIO_EVERY_MS);
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
