/** Every connected account in one table, and the ways to connect another and to revoke all keys. */
import { Button } from "@mantine/core";
import { useAbility } from "@casl/react";
import { useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { AccountsTable, type AccountDeeds } from "@/features/accounts/AccountsTable";
import { ConnectDialog } from "@/features/accounts/ConnectDialog";
import { DisconnectDialog } from "@/features/accounts/DisconnectDialog";
import { RotateDialog } from "@/features/accounts/RotateDialog";
import { useChecks } from "@/core/books";
import type { Account } from "@/core/contracts";
import { isOpen } from "@/core/imports";
import type { Permissions } from "@/core/permissions";
import { problemOf } from "@/core/problems";
import { useAccounts, usePageTitle, usePortfolio } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useKeysDesk } from "@/core/keys";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";

function useDeeds(leave: (account: Account) => void, rotate: (account: Account) => void): AccountDeeds {
  const keys = useKeysDesk();
  const { desk, imports, notices, resources } = useServices();
  const navigate = useNavigate();
  const saying = (promise: Promise<unknown>, done: string) =>
    void promise.then(
      () => notices.say(done),
      (thrown: unknown) => notices.say(`${problemOf(thrown).detail} (${problemOf(thrown).code})`, "failed"),
    );
  return {
    refresh: ({ account_id, label }) => saying(desk.refresh([account_id]), `Refreshing ${label}.`),
    importNew: ({ account_id, label }) => saying(desk.startImport(account_id).then((report) => imports.report(report)), `Importing ${label}.`),
    test: ({ account_id, label }) => {
      const tested = keys.test(account_id).then(() => {
        resources.refresh("accounts");
        void navigate(`/accounts/${account_id}/key`);
      });
      saying(tested, `The key of ${label} was tried out.`);
    },
    rotate,
    disconnect: leave,
  };
}

function useRunning(accounts: readonly Account[]): number {
  const known = useStore(useServices().imports.store);
  return accounts.filter(({ account_id, import: latest }) => {
    const progress = known.get(account_id) ?? latest;
    return progress !== null && isOpen(progress);
  }).length;
}

function Actions({ accounts }: { readonly accounts: readonly Account[] | null }) {
  const [, setSearch] = useSearchParams();
  const permissions = useAbility<Permissions>();
  const running = useRunning(accounts ?? []);
  return (
    <>
      {running > 0 && (
        <Button component={Link} to="/accounts/importing" size="compact-sm" variant="default">
          {running} importing
        </Button>
      )}
      {permissions.can("delete", "Account") && (
        <Button component={Link} to="/accounts/revoke" size="compact-sm" variant="default" color="red">
          Revoke all keys…
        </Button>
      )}
      {permissions.can("create", "Account") && (
        <Button size="compact-sm" onClick={() => setSearch({ connect: "1" })} data-testid="connect">
          Connect an account
        </Button>
      )}
    </>
  );
}

export default function AccountsPage() {
  usePageTitle("Accounts");
  const { resource, reload } = useAccounts();
  const portfolio = valueOf(usePortfolio().resource);
  const checks = valueOf(useChecks("", false).resource);
  const [search, setSearch] = useSearchParams();
  const [leaving, setLeaving] = useState<Account | null>(null);
  const [rotating, setRotating] = useState<Account | null>(null);
  const deeds = useDeeds(setLeaving, setRotating);
  const mayConnect = useAbility<Permissions>().can("create", "Account");
  const accounts = valueOf(resource);
  const problem = problemIn(resource);
  return (
    <>
      <h1 className="hidden-text">Accounts</h1>
      <Panel title={`Accounts${accounts ? ` (${accounts.length})` : ""}`} actions={<Actions accounts={accounts} />} grow>
        {accounts && problem && <StaleNote fault={problem} age={null} onRetry={() => void reload()} />}
        {!accounts && (problem ? <Failure fault={problem} title="The accounts could not be shown" onRetry={() => void reload()} /> : <TableSkeleton rows={6} columns={8} />)}
        {accounts?.length === 0 && (
          <Empty title="No account is connected">
            Connect an exchange account with a key that may only read. Its whole history is brought into the ledger while you watch.
          </Empty>
        )}
        {accounts && accounts.length > 0 && <AccountsTable accounts={accounts} worths={portfolio?.accounts ?? []} checks={checks?.items ?? []} deeds={deeds} isStale={problem !== null} />}
      </Panel>
      <ConnectDialog opened={mayConnect && search.get("connect") === "1"} onClose={() => setSearch({}, { replace: true })} />
      <DisconnectDialog account={leaving} onClose={() => setLeaving(null)} />
      <RotateDialog account={rotating} onClose={() => setRotating(null)} />
    </>
  );
}
