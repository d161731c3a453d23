"""A whole account history, ready to be stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from fargate.paper_exchange.engine.errors import HistoryUnusable
from fargate.paper_exchange.engine.model import Fill, Order, OrderStatus, OrderType, Side, TimeInForce, Transfer
from fargate.paper_exchange.engine.model import TransferKind as Kind
from fargate.paper_exchange.engine.store import Store
from nightdesk.kernel.money import ZERO, add, subtract


@dataclass(slots=True)
class History:
    """Orders, fills and transfers; its balances are exactly what they add up to."""

    orders: list[Order] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    balances: dict[str, Decimal] = field(default_factory=dict)

    def record_transfer(self, transfer: Transfer) -> None:
        """Add a transfer and what it moves."""
        self.transfers.append(transfer)
        incoming = transfer.kind is Kind.DEPOSIT
        self._move(transfer.asset, transfer.amount if incoming else -add(transfer.amount, transfer.fee))

    def record_order(self, fills: list[Fill]) -> None:
        """Add a filled order, at least one fill, and what they move."""
        self.orders.append(order_of(fills))
        self.fills.extend(fills)
        for fill in fills:
            base, _, quote = fill.symbol.partition("/")
            sign = 1 if fill.side is Side.BUY else -1
            self._move(base, sign * fill.quantity)
            self._move(quote, -sign * fill.quote_quantity)
            self._move(fill.fee_asset, -fill.fee)

    def has(self, asset: str) -> Decimal:
        """What the account has of an asset so far."""
        return self.balances.get(asset, ZERO)

    def _move(self, asset: str, delta: Decimal) -> None:
        self.balances[asset] = add(self.balances.get(asset, ZERO), delta)


def order_of(fills: list[Fill]) -> Order:
    """The filled limit order that these fills are of."""
    first, last = fills[0], fills[-1]
    quantity = sum((fill.quantity for fill in fills), ZERO)
    turnover = sum((fill.quote_quantity for fill in fills), ZERO)
    return Order(
        first.order_id, first.account_id, f"history-{first.order_id}", first.symbol, first.side, OrderType.LIMIT,
        TimeInForce.GOOD_TILL_CANCELLED, OrderStatus.FILLED, last.price, quantity, ZERO, quantity, turnover,
        first.at_ms, last.at_ms,
    )  # fmt: skip


def needed_before(fills: Iterable[Fill]) -> dict[str, Decimal]:
    """The least of each asset that must be there before the first fill, so that no balance ever is negative."""
    level: dict[str, Decimal] = {}
    lowest: dict[str, Decimal] = {}
    for fill in fills:
        base, _, quote = fill.symbol.partition("/")
        bought = fill.side is Side.BUY
        spent, spent_amount = (quote, fill.quote_quantity) if bought else (base, fill.quantity)
        got, got_amount = (base, fill.quantity) if bought else (quote, fill.quote_quantity)
        level[got] = add(level.get(got, ZERO), got_amount)
        for asset, amount in ((spent, spent_amount), (fill.fee_asset, fill.fee)):
            level[asset] = subtract(level.get(asset, ZERO), amount)
            lowest[asset] = min(lowest.get(asset, ZERO), level[asset])
    return {asset: -amount for asset, amount in lowest.items() if amount < 0}


def store_history(store: Store, account_id: int, history: History) -> None:
    """Keep all of it in one transaction.

    Raises:
        HistoryUnusable: A balance would be negative.
    """
    short = [asset for asset, amount in history.balances.items() if amount < 0]
    if short:
        raise HistoryUnusable(f"The history spends more {', '.join(short)} than there was.")
    with store.database.transaction():
        store.orders.put(*history.orders)
        store.history.add_fills(history.fills)
        store.history.add_transfers(history.transfers)
        store.accounts.set_all(account_id, history.balances)
        latest: dict[str, int] = {}
        for fill in history.fills:
            latest[fill.symbol] = max(latest.get(fill.symbol, 0), fill.trade_id)
        for symbol, trade_id in latest.items():
            store.settings.next_number(f"trade:{symbol}", at_least=trade_id)
