/** Orders: the ticket to place one, those that are open, and what became of the others. */
import { Button } from "@mantine/core";
import { useAbility } from "@casl/react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { AnsweredAge, Freshness } from "@/core/Freshness";
import type { Permissions } from "@/core/permissions";
import { problemOf } from "@/core/problems";
import { usePageTitle } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { ORDERS_EVERY_MS, ordersKey, useOrders } from "@/core/trading";
import type { Order } from "@/core/trading_contracts";
import { LimitsDialog } from "@/features/orders/LimitsDialog";
import { OrderDrawer } from "@/features/orders/OrderDrawer";
import { OrdersTable } from "@/features/orders/OrdersTable";
import { OrderTicket } from "@/features/orders/OrderTicket";
import { outcomeText } from "@/features/orders/words";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./orders.module.css";

const ORDERS = "orders:";

function useCancelling() {
  const { trading, resources, notices } = useServices();
  const fail = (thrown: unknown) => notices.say(`${problemOf(thrown).detail} (${problemOf(thrown).code})`, "failed");
  const one = ({ order_id }: Order) =>
    void trading
      .cancel(order_id)
      .then((after) => notices.say(outcomeText(after)), fail)
      .finally(() => resources.refresh(ORDERS));
  const all = () =>
    void trading
      .cancelAll()
      .then(({ cancelled, failed }) => {
        const left = Object.keys(failed).length;
        notices.say(`${cancelled.length} cancelled${left ? `, ${left} still open: they are tried again` : ""}.`, left ? "failed" : "done");
      }, fail)
      .finally(() => resources.refresh(ORDERS));
  return { one, all };
}

function Orders({ live, onShow }: { readonly live: boolean; readonly onShow: (order: Order) => void }) {
  const { resource, reload } = useOrders(live);
  const { one } = useCancelling();
  const mayCancel = useAbility<Permissions>().can("delete", "Order");
  const page = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  if (!page) return problem ? <Failure fault={problem} title="The orders could not be shown" onRetry={again} /> : <TableSkeleton rows={6} columns={8} />;
  return (
    <>
      {problem && <StaleNote fault={problem} age={<AnsweredAge resourceKey={ordersKey(live)} />} onRetry={again} />}
      {page.items.length === 0 ? (
        <Empty title={live ? "No order is open" : "No order was placed yet"}>
          {live ? "Orders that you or a rule place, and those placed at the venue itself, stand here until they are filled or cancelled." : "Every order is kept here with what became of it."}
        </Empty>
      ) : (
        <OrdersTable orders={page.items} isStale={problem !== null} onShow={onShow} onCancel={live && mayCancel ? one : null} />
      )}
    </>
  );
}

export default function OrdersPage() {
  usePageTitle("Orders");
  const [search, setSearch] = useSearchParams();
  const [shown, setShown] = useState<string | null>(null);
  const permissions = useAbility<Permissions>();
  const { all } = useCancelling();
  const live = search.get("view") !== "history";
  const count = valueOf(useOrders(true).resource)?.items.length;
  const put = (name: string, value: string | null) =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      if (value === null) after.delete(name);
      else after.set(name, value);
      return after;
    });
  const tabs = (
    <div className={styles["tabs"]} role="tablist" aria-label="Which orders">
      <button type="button" role="tab" aria-selected={live} onClick={() => put("view", null)}>
        Open{count === undefined ? "" : ` (${count})`}
      </button>
      <button type="button" role="tab" aria-selected={!live} onClick={() => put("view", "history")}>
        History
      </button>
    </div>
  );
  const actions = (
    <>
      <Freshness resourceKey={ordersKey(live)} everyMs={ORDERS_EVERY_MS} />
      <Button size="compact-xs" variant="default" onClick={() => put("limits", "1")} data-testid="limits">
        Limits
      </Button>
      {live && !!count && permissions.can("delete", "Order") && (
        <Button size="compact-xs" variant="default" onClick={all} data-testid="cancel-all">
          Cancel all {count}
        </Button>
      )}
    </>
  );
  return (
    <div className={styles["page"]}>
      <h1 className="hidden-text">Orders</h1>
      {permissions.can("create", "Order") && <OrderTicket />}
      <Panel title={tabs} actions={actions} grow>
        <Orders key={String(live)} live={live} onShow={({ order_id }) => setShown(order_id)} />
      </Panel>
      <OrderDrawer orderId={shown} onClose={() => setShown(null)} />
      <LimitsDialog opened={search.get("limits") === "1"} onClose={() => put("limits", null)} />
    </div>
  );
}
