"""Fills and transfers: what happened, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.model import Fill, Side, Transfer, TransferKind
from fargate.paper_exchange.engine.store.database import Database
from nightdesk.kernel.money import format_amount

_FILL = "account_id, symbol, trade_id, order_id, at_ms, side, price, quantity, quote_quantity, fee, fee_asset, is_maker"
_TRANSFER = "transfer_id, account_id, kind, asset, amount, fee, at_ms, transaction_hash, address"
FOREVER_MS = 1 << 62
_PAGED = "account_id = ?1 AND at_ms BETWEEN ?2 AND ?3 AND (?4 IS NULL OR symbol = ?4) AND (?5 IS NULL OR order_id = ?5)"


@dataclass(frozen=True, slots=True)
class FillQuery:
    """Which fills are asked for.

    Attributes:
        from_id: Trades from this id on, oldest first; None for the latest.
        since_ms: From this time on, oldest first.
        until_ms: Up to and including this time.
    """

    symbol: str
    limit: int
    order_id: int | None = None
    from_id: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class FillPage:
    """A page of fills in order of time, of one market or of all.

    Attributes:
        since_ms: From this time on.
        until_ms: Up to and including this time.
    """

    limit: int
    offset: int = 0
    symbol: str | None = None
    order_id: int | None = None
    since_ms: int = 0
    until_ms: int = FOREVER_MS
    newest_first: bool = True


class HistoryStore:
    """Fills and transfers of all accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_fills(self, fills: Iterable[Fill]) -> None:
        """Keep the fills."""
        rows = (
            (
                *f[:5],
                f.side.value,
                format_amount(f.price),
                format_amount(f.quantity),
                format_amount(f.quote_quantity),
                format_amount(f.fee),
                f.fee_asset,
                f.is_maker,
            )
            for f in fills
        )
        with self._database.transaction() as connection:
            connection.executemany(f"INSERT INTO fills ({_FILL}) VALUES ({', '.join('?' * 12)})", rows)  # noqa: S608

    def add_transfers(self, transfers: Iterable[Transfer]) -> None:
        """Keep the transfers."""
        rows = (
            (
                t.transfer_id,
                t.account_id,
                t.kind.value,
                t.asset,
                format_amount(t.amount),
                format_amount(t.fee),
                t.at_ms,
                t.transaction,
                t.address,
            )
            for t in transfers
        )
        with self._database.transaction() as connection:
            connection.executemany(f"INSERT INTO transfers ({_TRANSFER}) VALUES ({', '.join('?' * 9)})", rows)  # noqa: S608

    def fills(self, account_id: int, query: FillQuery) -> list[Fill]:
        """The fills, ordered by trade id; the latest where no beginning is given."""
        conditions, values = ["account_id = ?", "symbol = ?"], [account_id, query.symbol]
        asked = (
            ("order_id =", query.order_id),
            ("trade_id >=", query.from_id),
            ("at_ms >=", query.since_ms),
            ("at_ms <=", query.until_ms),
        )
        for comparison, value in asked:
            if value is not None:
                conditions.append(f"{comparison} ?")
                values.append(value)
        forwards = query.from_id is not None or query.since_ms is not None
        order = "ASC" if forwards else "DESC"
        text = f"SELECT {_FILL} FROM fills WHERE {' AND '.join(conditions)} ORDER BY trade_id {order} LIMIT ?"  # noqa: S608
        rows = self._database.connection.execute(text, (*values, query.limit)).fetchall()
        return [_fill(row) for row in (rows if forwards else reversed(rows))]

    def page(self, account_id: int, asked: FillPage) -> list[Fill]:
        """A page of the account's fills; those of one millisecond stand in the order of their ids."""
        order = "DESC" if asked.newest_first else "ASC"
        rows = self._database.connection.execute(
            f"SELECT {_FILL} FROM fills WHERE {_PAGED} ORDER BY at_ms {order}, trade_id {order}, symbol {order}"  # noqa: S608
            " LIMIT ?6 OFFSET ?7",
            (account_id, asked.since_ms, asked.until_ms, asked.symbol, asked.order_id, asked.limit, asked.offset),
        )
        return [_fill(row) for row in rows]

    def count(self, account_id: int, asked: FillPage) -> int:
        """How many fills there are on all pages."""
        values = (account_id, asked.since_ms, asked.until_ms, asked.symbol, asked.order_id)
        row = self._database.connection.execute(f"SELECT count(*) FROM fills WHERE {_PAGED}", values)  # noqa: S608
        return int(row.fetchone()[0])

    def transfers(
        self, account_id: int, kind: TransferKind, window_ms: tuple[int, int], asset: str | None = None
    ) -> list[Transfer]:
        """Transfers in the window, both ends included, newest first."""
        rows = self._database.connection.execute(
            f"SELECT {_TRANSFER} FROM transfers WHERE account_id = ?1 AND kind = ?2 AND at_ms BETWEEN ?3 AND ?4"  # noqa: S608
            " AND (?5 IS NULL OR asset = ?5) ORDER BY at_ms DESC, transfer_id DESC",
            (account_id, kind.value, *window_ms, asset),
        )
        return [_transfer(row) for row in rows]

    def strike_transfer(self, account_id: int, transfer_id: str) -> Transfer | None:
        """Forget a transfer; what it was, or None if the account has no such one."""
        row = self._database.connection.execute(
            f"DELETE FROM transfers WHERE account_id = ? AND transfer_id = ? RETURNING {_TRANSFER}",  # noqa: S608
            (account_id, transfer_id),
        ).fetchone()
        return None if row is None else _transfer(row)

    def count_fills(self, account_id: int) -> int:
        """How many fills the account has."""
        row = self._database.connection.execute("SELECT count(*) FROM fills WHERE account_id = ?", (account_id,))
        return int(row.fetchone()[0])


def _fill(row: tuple[Any, ...]) -> Fill:
    account_id, symbol, trade_id, order_id, at_ms, side, price, quantity, quote, fee, fee_asset, is_maker = row
    amounts = (Decimal(price), Decimal(quantity), Decimal(quote), Decimal(fee))
    return Fill(account_id, symbol, trade_id, order_id, at_ms, Side(side), *amounts, fee_asset, bool(is_maker))


def _transfer(row: tuple[Any, ...]) -> Transfer:
    number, account_id, kind, asset, amount, fee, at_ms, transaction, address = row
    return Transfer(
        number, account_id, TransferKind(kind), asset, Decimal(amount), Decimal(fee), at_ms, transaction, address
    )
