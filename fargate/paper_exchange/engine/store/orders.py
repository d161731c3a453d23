"""Orders as they stand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.errors import UnknownOrder
from fargate.paper_exchange.engine.model import Order, OrderStatus, OrderType, Side, TimeInForce
from fargate.paper_exchange.engine.store.database import Database
from nightdesk.kernel.money import format_amount

_COLUMNS = (
    "order_id, account_id, client_order_id, symbol, side, type, time_in_force, status, price, quantity, quote_quantity,"
    " filled, filled_quote, created_at_ms, updated_at_ms, stop_price, working_at_ms"
)
_OPEN = "status IN ('new', 'partially_filled')"
_INSERT = f"INSERT OR REPLACE INTO orders ({_COLUMNS}) VALUES ({', '.join('?' * 17)})"  # noqa: S608 - constant columns


class OrderStore:
    """Orders of all accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, *orders: Order) -> None:
        """Keep the orders as they are now."""
        with self._database.transaction() as connection:
            connection.executemany(_INSERT, map(_row, orders))

    def open_orders(self, account_id: int | None = None, symbol: str | None = None) -> list[Order]:
        """Open orders, oldest first."""
        return self._select(
            f"{_OPEN} AND (?1 IS NULL OR account_id = ?1) AND (?2 IS NULL OR symbol = ?2) ORDER BY order_id",
            (account_id, symbol),
        )

    def of_account(self, account_id: int, symbol: str, *, from_id: int | None, limit: int) -> list[Order]:
        """Orders of a symbol, oldest first: from an id on, or the latest."""
        if from_id is not None:
            condition = "account_id = ? AND symbol = ? AND order_id >= ? ORDER BY order_id LIMIT ?"
            return self._select(condition, (account_id, symbol, from_id, limit))
        found = self._select(
            "account_id = ? AND symbol = ? ORDER BY order_id DESC LIMIT ?", (account_id, symbol, limit)
        )
        return found[::-1]

    def between(self, account_id: int, symbol: str, window_ms: tuple[int, int], limit: int) -> list[Order]:
        """Orders created in the window, both ends included, oldest first."""
        condition = "account_id = ? AND symbol = ? AND created_at_ms BETWEEN ? AND ? ORDER BY order_id LIMIT ?"
        return self._select(condition, (account_id, symbol, *window_ms, limit))

    def by_id(self, account_id: int, symbol: str, order_id: int) -> Order:
        """The account's order.

        Raises:
            UnknownOrder: It has no such order.
        """
        return self._one("account_id = ? AND symbol = ? AND order_id = ?", (account_id, symbol, order_id))

    def by_number(self, account_id: int, order_id: int) -> Order:
        """The account's order, whatever its market.

        Raises:
            UnknownOrder: It has no such order.
        """
        return self._one("account_id = ? AND order_id = ?", (account_id, order_id))

    def page(
        self, account_id: int, window_ms: tuple[int, int], *, limit: int, offset: int = 0, symbol: str | None = None
    ) -> list[Order]:
        """Orders created in the window, both ends included, newest first, of one market or of all."""
        condition = (
            "account_id = ?1 AND created_at_ms BETWEEN ?2 AND ?3 AND (?4 IS NULL OR symbol = ?4)"
            " ORDER BY created_at_ms DESC, order_id DESC LIMIT ?5 OFFSET ?6"
        )
        return self._select(condition, (account_id, *window_ms, symbol, limit, offset))

    def by_client_id(self, account_id: int, client_order_id: str) -> Order:
        """The account's latest order with this client order id.

        Raises:
            UnknownOrder: It has no such order.
        """
        condition = "account_id = ? AND client_order_id = ? AND client_order_id <> '' ORDER BY order_id DESC LIMIT 1"
        return self._one(condition, (account_id, client_order_id))

    def _one(self, condition: str, values: tuple[Any, ...]) -> Order:
        found = self._select(condition, values)
        if not found:
            raise UnknownOrder("There is no such order.")
        return found[0]

    def _select(self, condition: str, values: tuple[Any, ...]) -> list[Order]:
        query = f"SELECT {_COLUMNS} FROM orders WHERE {condition}"  # noqa: S608 - conditions are constants of this file
        return [_order(row) for row in self._database.connection.execute(query, values)]


def _row(order: Order) -> tuple[Any, ...]:
    amounts = (order.price, order.quantity, order.quote_quantity, order.filled, order.filled_quote)
    head = (order.order_id, order.account_id, order.client_order_id, order.symbol)
    kinds = (order.side, order.type, order.time_in_force, order.status)
    tail = (order.created_at_ms, order.updated_at_ms, format_amount(order.stop_price), order.working_at_ms)
    return (*head, *map(str, kinds), *map(format_amount, amounts), *tail)


def _order(row: tuple[Any, ...]) -> Order:
    kinds = (Side(row[4]), OrderType(row[5]), TimeInForce(row[6]), OrderStatus(row[7]))
    price, quantity, quote_quantity, filled, filled_quote = (Decimal(text) for text in row[8:13])
    number, account_id, client_order_id, symbol = row[:4]
    amounts = (price, quantity, quote_quantity, filled, filled_quote)
    return Order(
        number, account_id, client_order_id, symbol, *kinds, *amounts, row[13], row[14], Decimal(row[15]), row[16]
    )
