/** One order: what was wanted, what was sent, and everything it went through. */
import { useCallback } from "react";
import { Amount, Instant } from "@/core/Figures";
import { problemIn, useResource, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { marketOf } from "@/core/tickers";
import type { OrderDetail } from "@/core/trading_contracts";
import { QuotePrice } from "@/features/orders/QuotePrice";
import { originOf, STATE_WORDS, TYPE_WORDS } from "@/features/orders/words";
import { SideDialog } from "@/shared/Dialog";
import { Mark } from "@/shared/Mark";
import { Failure, TableSkeleton } from "@/shared/Panel";
import styles from "./orders.module.css";

const EVERY_MS = 2_000;

function Steps({ order, base }: { readonly order: OrderDetail; readonly base: string }) {
  return (
    <ol className={styles["steps"]} aria-label="What the order went through">
      {order.steps.map(({ at, state, filled, code, source }, index) => (
        <li key={index}>
          <Instant at={at} /> <Mark>{STATE_WORDS[state].word}</Mark> <span className={styles["dim"]}>by {source.split(":", 1)[0]}</span>{" "}
          {filled !== "0" && <Amount value={filled} asset={base} />} {code && <code>{code}</code>}
        </li>
      ))}
    </ol>
  );
}

function Detail({ order }: { readonly order: OrderDetail }) {
  const [base = "", quote = ""] = marketOf(order.instrument).split("/");
  const { word, tone, title } = STATE_WORDS[order.state];
  return (
    <div className={styles["detail"]}>
      <p>
        <Mark tone={tone}>{word}</Mark> {order.message ?? title}. {order.code && <code>{order.code}</code>}
      </p>
      <dl className={styles["facts"]}>
        <dt>Order</dt>
        <dd>
          {order.side === "buy" ? "Buy" : "Sell"} {TYPE_WORDS[order.type].toLowerCase()}, {originOf(order)}
        </dd>
        <dt>Sent</dt>
        <dd>
          <Amount value={order.quantity} asset={base} />
        </dd>
        {order.residue !== "0" && (
          <>
            <dt>Not sent</dt>
            <dd title="Less than a lot, or not held any more">
              <Amount value={order.residue} asset={base} />
            </dd>
          </>
        )}
        <dt>Filled</dt>
        <dd>
          <Amount value={order.filled} asset={base} /> for <Amount value={order.filled_quote} asset={quote} />
        </dd>
        <dt>Price</dt>
        <dd>{order.price ? <QuotePrice value={order.price} unit={quote} /> : "market"}</dd>
        {order.stop_price && (
          <>
            <dt>Stop</dt>
            <dd>
              <QuotePrice value={order.stop_price} unit={quote} />
            </dd>
          </>
        )}
        <dt>Average</dt>
        <dd>
          <QuotePrice value={order.average_price} unit={quote} />
        </dd>
        <dt>Why</dt>
        <dd className={styles["ids"]}>{order.reason}</dd>
        <dt>Client order id</dt>
        <dd className={styles["ids"]}>{order.client_order_id}</dd>
        <dt>Venue&apos;s id</dt>
        <dd className={styles["ids"]}>{order.venue_order_id ?? "none"}</dd>
        <dt>Correlation</dt>
        <dd className={styles["ids"]}>{order.correlation_id}</dd>
      </dl>
      <Steps order={order} base={base} />
    </div>
  );
}

function Loaded({ orderId }: { readonly orderId: string }) {
  const { trading, resources } = useServices();
  const load = useCallback(() => trading.order(orderId), [trading, orderId]);
  const { resource, reload } = useResource(resources, `order:${orderId}`, load, EVERY_MS);
  const order = valueOf(resource);
  const problem = problemIn(resource);
  if (order) return <Detail order={order} />;
  return problem ? <Failure fault={problem} title="The order could not be shown" onRetry={() => void reload()} /> : <TableSkeleton rows={8} columns={2} />;
}

export function OrderDrawer({ orderId, onClose }: { readonly orderId: string | null; readonly onClose: () => void }) {
  return (
    <SideDialog opened={orderId !== null} onClose={onClose} title="Order" size={440}>
      {orderId && <Loaded orderId={orderId} />}
    </SideDialog>
  );
}
