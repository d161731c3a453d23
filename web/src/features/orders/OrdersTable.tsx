/** Orders as rows; on a phone as cards. */
import { Button } from "@mantine/core";
import { Age, Amount } from "@/core/Figures";
import { useAccounts } from "@/core/queries";
import { valueOf } from "@/core/resources";
import type { Order } from "@/core/trading_contracts";
import { marketOf } from "@/core/tickers";
import { QuotePrice } from "@/features/orders/QuotePrice";
import { isOver, originOf, STATE_WORDS, TYPE_WORDS } from "@/features/orders/words";
import { compare, ZERO } from "@/shared/decimals";
import { Mark } from "@/shared/Mark";
import { Table } from "@/shared/Table";
import tableStyles from "@/shared/Table.module.css";
import styles from "./orders.module.css";

interface OrdersTableProps {
  readonly orders: readonly Order[];
  readonly isStale: boolean;
  readonly onShow: (order: Order) => void;
  readonly onCancel: ((order: Order) => void) | null;
}

const baseOf = ({ instrument }: Order): string => marketOf(instrument).split("/", 1)[0] ?? "";

function State({ order }: { readonly order: Order }) {
  const { word, tone, title } = STATE_WORDS[order.state];
  return (
    <Mark tone={order.cancelling ? "warn" : tone} title={order.message ?? title}>
      {order.cancelling ? "cancelling" : word}
    </Mark>
  );
}

function Row({ order, label, onShow, onCancel }: { readonly order: Order; readonly label: string } & Pick<OrdersTableProps, "onShow" | "onCancel">) {
  const isTaken = compare(order.filled, ZERO) > 0;
  return (
    <tr data-testid="order" data-state={order.state}>
      <td className={styles["when"]}>
        <Age at={order.created_at} />
      </td>
      <td>
        <State order={order} />
      </td>
      <td className={styles["market"]}>
        <button type="button" onClick={() => onShow(order)}>
          {marketOf(order.instrument)}
        </button>
        <span className={styles["dim"]}>{label}</span>
      </td>
      <td data-side={order.side} className={styles["side"]}>
        {order.side === "buy" ? "Buy" : "Sell"} <span className={styles["dim"]}>{TYPE_WORDS[order.type].toLowerCase()}</span>
        {order.reduce_only && <span className={styles["dim"]}> reduce only</span>}
      </td>
      <td className={tableStyles["number"]} data-label="Quantity">
        <Amount value={order.quantity} asset={baseOf(order)} />
      </td>
      <td className={tableStyles["number"]} data-label="Filled">
        {isTaken ? <Amount value={order.filled} /> : <span className={styles["dim"]}>none</span>}
      </td>
      <td className={tableStyles["number"]} data-label="Price">
        {order.price === null && order.stop_price === null ? <span className={styles["dim"]}>market</span> : <QuotePrice value={order.price ?? order.stop_price} />}
      </td>
      <td className={tableStyles["number"]} data-label="Average">
        {order.average_price === null ? <span className={styles["dim"]}>—</span> : <QuotePrice value={order.average_price} />}
      </td>
      <td className={styles["dim"]}>{originOf(order)}</td>
      <td className={styles["last"]}>
        {onCancel && !isOver(order) && (
          <Button size="compact-xs" variant="default" disabled={order.cancelling} onClick={() => onCancel(order)} aria-label={`Cancel the order on ${marketOf(order.instrument)}`}>
            Cancel
          </Button>
        )}
      </td>
    </tr>
  );
}

const COLUMNS = [
  ["Placed", false],
  ["State", false],
  ["Market", false],
  ["Order", false],
  ["Quantity", true],
  ["Filled", true],
  ["Price", true],
  ["Average", true],
  ["From", false],
  ["Cancel", false, true],
] as const;

export function OrdersTable({ orders, isStale, onShow, onCancel }: OrdersTableProps) {
  const accounts = valueOf(useAccounts().resource) ?? [];
  const labelOf = (id: string) => accounts.find(({ account_id }) => account_id === id)?.label ?? "";
  return (
    <Table columns={COLUMNS} className={styles["orders"]} isLong isStale={isStale}>
      {orders.map((order) => (
        <Row key={order.order_id} order={order} label={labelOf(order.account_id)} onShow={onShow} onCancel={onCancel} />
      ))}
    </Table>
  );
}
