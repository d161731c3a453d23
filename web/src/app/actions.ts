/** What can be done from anywhere: by key, by the palette, by the top bar. */
import { useMantineColorScheme } from "@mantine/core";
import { useCallback, useMemo } from "react";
import { useNavigate } from "react-router";
import { PAGES } from "@/app/pages";
import { problemOf } from "@/core/problems";
import { useAccounts } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";

export interface Action {
  readonly id: string;
  readonly name: string;
  readonly group: "Pages" | "Actions" | "Accounts" | "Assets";
  readonly key?: string;
  readonly run: () => void;
}

/** Asks every venue for its balances again and says so. */
export function useRefreshAll(): () => void {
  const { desk, resources, notices } = useServices();
  const accounts = valueOf(useAccounts().resource);
  return useCallback(() => {
    const active = (accounts ?? []).filter(({ state }) => state === "active" || state === "failing").map(({ account_id }) => account_id);
    const say = (thrown: unknown) => notices.say(`${problemOf(thrown).detail} (${problemOf(thrown).code})`, "failed");
    desk.refresh(active).then(() => notices.say(`Refreshing ${active.length} ${active.length === 1 ? "account" : "accounts"}.`), say);
    for (const prefix of ["portfolio", "accounts", "health"]) resources.refresh(prefix);
  }, [accounts, desk, notices, resources]);
}

export function useSignOut(): () => void {
  const { session, notices } = useServices();
  return useCallback(() => {
    session.signOut().catch((thrown: unknown) => notices.say(problemOf(thrown).detail, "failed"));
  }, [session, notices]);
}

/** Pages and actions; `opens` are the frame's own dialogs. */
export function useActions(opens: { readonly palette: () => void; readonly keys: () => void; readonly halt: () => void }): readonly Action[] {
  const { preferences } = useServices();
  const { masked, swapped, railOpen } = useStore(preferences.store);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const navigate = useNavigate();
  const refreshAll = useRefreshAll();
  const signOut = useSignOut();
  return useMemo(() => {
    const go = (path: string) => () => void navigate(path);
    const isDark = colorScheme !== "light";
    return [
      ...PAGES.map(({ path, name, key }): Action => ({ id: path, name, group: "Pages", key, run: go(path) })),
      { id: "mask", name: masked ? "Show amounts" : "Mask amounts", group: "Actions", key: "m", run: () => preferences.change({ masked: !masked }) },
      { id: "connect", name: "Connect an account", group: "Actions", key: "c", run: go("/accounts?connect=1") },
      { id: "refresh", name: "Refresh balances and prices", group: "Actions", key: "r", run: refreshAll },
      { id: "order", name: "New order", group: "Actions", key: "n", run: go("/orders?new=1") },
      { id: "rule", name: "New rule", group: "Actions", run: go("/rules/new") },
      { id: "halt", name: "Halt or resume trading", group: "Actions", key: "k", run: opens.halt },
      { id: "limits", name: "Pre-trade limits", group: "Actions", run: go("/orders?limits=1") },
      { id: "verify", name: "Verify the ledger's chain", group: "Actions", key: "v", run: go("/ledger?verify=1") },
      { id: "datafeed", name: "Datafeed tokens", group: "Actions", run: go("/settings/datafeed") },
      { id: "theme", name: isDark ? "Light theme" : "Dark theme", group: "Actions", key: "t", run: () => setColorScheme(isDark ? "light" : "dark") },
      { id: "swap", name: "Swap the colours of up and down", group: "Actions", run: () => preferences.change({ swapped: !swapped }) },
      { id: "rail", name: railOpen ? "Narrow the rail" : "Widen the rail", group: "Actions", key: "[", run: () => preferences.change({ railOpen: !railOpen }) },
      { id: "keys", name: "List the keys", group: "Actions", key: "?", run: opens.keys },
      { id: "palette", name: "Find anything", group: "Actions", key: "Ctrl K", run: opens.palette },
      { id: "sign-out", name: "Sign out", group: "Actions", run: signOut },
    ];
  }, [masked, swapped, railOpen, colorScheme, setColorScheme, navigate, refreshAll, signOut, preferences, opens]);
}
