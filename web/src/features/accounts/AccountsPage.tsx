/** Every connected account, and the way to connect another. */
import { Button } from "@mantine/core";
import { useAbility } from "@casl/react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { ConnectDialog } from "@/features/accounts/ConnectDialog";
import { DisconnectDialog } from "@/features/accounts/DisconnectDialog";
import { AccountItem } from "@/features/accounts/AccountItem";
import type { Account } from "@/core/contracts";
import type { Permissions } from "@/core/permissions";
import { problemOf } from "@/core/problems";
import { useAccounts, usePageTitle } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./accounts.module.css";

function useRefresh() {
  const { desk, notices } = useServices();
  return ({ account_id, label }: Account) =>
    void desk.refresh([account_id]).then(
      () => notices.say(`Refreshing ${label}.`),
      (thrown: unknown) => notices.say(`${problemOf(thrown).detail} (${problemOf(thrown).code})`, "failed"),
    );
}

export default function AccountsPage() {
  usePageTitle("Accounts");
  const { resource, reload } = useAccounts();
  const [search, setSearch] = useSearchParams();
  const [leaving, setLeaving] = useState<Account | null>(null);
  const refresh = useRefresh();
  const permissions = useAbility<Permissions>();
  const accounts = valueOf(resource);
  const problem = problemIn(resource);
  const mayConnect = permissions.can("create", "Account");
  const connect = mayConnect && (
    <Button size="compact-sm" onClick={() => setSearch({ connect: "1" })} data-testid="connect">
      Connect an account
    </Button>
  );
  return (
    <>
      <h1 className="hidden-text">Accounts</h1>
      <Panel title={`Accounts${accounts ? ` (${accounts.length})` : ""}`} actions={connect} grow>
        {accounts && problem && <StaleNote fault={problem} age={null} onRetry={() => void reload()} />}
        {!accounts && (problem ? <Failure fault={problem} title="The accounts could not be shown" onRetry={() => void reload()} /> : <TableSkeleton rows={6} columns={5} />)}
        {accounts?.length === 0 && (
          <Empty title="No account is connected" action={connect}>
            Connect an exchange account with a key that may only read. Its whole history is brought into the ledger while you watch.
          </Empty>
        )}
        <ul className={styles["list"]}>
          {accounts?.map((account) => (
            <AccountItem key={account.account_id} account={account} onRefresh={() => refresh(account)} onDisconnect={() => setLeaving(account)} />
          ))}
        </ul>
      </Panel>
      <ConnectDialog opened={mayConnect && search.get("connect") === "1"} onClose={() => setSearch({}, { replace: true })} />
      <DisconnectDialog account={leaving} onClose={() => setLeaving(null)} />
    </>
  );
}
