"""Keeps happenings, the balances of further wallets, and positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar, get_type_hints

import orjson

from fargate.paper_exchange.engine.errors import InsufficientBalance
from fargate.paper_exchange.engine.model import Balance
from fargate.paper_exchange.engine.store import Store
from fargate.paper_exchange.engine.store.history import FOREVER_MS
from fargate.paper_exchange.engine.wallets.model import Happening, Position, Wallet
from nightdesk.kernel.money import ZERO, add, format_amount

_SCHEMA = """
CREATE TABLE IF NOT EXISTS happenings (
    account_id INTEGER NOT NULL, kind TEXT NOT NULL, number INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    key TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (account_id, kind, key, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS happenings_by_instant ON happenings (account_id, kind, at_ms);
CREATE TABLE IF NOT EXISTS wallet_balances (
    account_id INTEGER NOT NULL, wallet TEXT NOT NULL, asset TEXT NOT NULL, amount TEXT NOT NULL,
    PRIMARY KEY (account_id, wallet, asset)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
    account_id INTEGER NOT NULL, symbol TEXT NOT NULL, quantity TEXT NOT NULL, entry_price TEXT NOT NULL,
    leverage INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL, PRIMARY KEY (account_id, symbol)) WITHOUT ROWID;
"""

_FIRST_NUMBER: Final = 10_000_001
_Kept = TypeVar("_Kept", bound=Happening)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which happenings are asked for.

    Attributes:
        since_ms: From this time on.
        until_ms: Up to and including this time.
        from_number: Those of this number and above.
    """

    limit: int
    offset: int = 0
    key: str | None = None
    since_ms: int = 0
    until_ms: int = FOREVER_MS
    from_number: int = 0
    newest_first: bool = False


class WalletStore:
    """Behind the exchange's one connection; the spot wallet's balances stay where orders lock them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._database = store.database
        self._database.connection.executescript(_SCHEMA)

    def keep(self, happening: _Kept) -> _Kept:
        """Keep it under its number, or under the next one of its kind."""
        kind = _kind(type(happening))
        number = happening.number or self._store.settings.next_number(f"happening:{kind}", at_least=_FIRST_NUMBER)
        kept = replace(happening, number=number)
        values = (kept.account_id, kind, number, kept.at_ms, kept.key, _encoded(kept))
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO happenings VALUES (?, ?, ?, ?, ?, ?)", values)
        return kept

    def happenings(self, made: type[_Kept], account_id: int, asked: Asked) -> Sequence[_Kept]:
        """A page of them in order of time."""
        order = "DESC" if asked.newest_first else "ASC"
        rows = self._database.connection.execute(
            "SELECT number, body FROM happenings WHERE account_id = ?1 AND kind = ?2 AND at_ms BETWEEN ?3 AND ?4"  # noqa: S608 - a constant
            f" AND (?5 IS NULL OR key = ?5) AND number >= ?6 ORDER BY at_ms {order}, number {order} LIMIT ?7 OFFSET ?8",
            (account_id, _kind(made), asked.since_ms, asked.until_ms, asked.key, asked.from_number, asked.limit,
             asked.offset),
        )  # fmt: skip
        return [_decoded(made, number, body) for number, body in rows]

    def count(self, made: type[Happening], account_id: int, asked: Asked) -> int:
        """How many there are on all pages."""
        row = self._database.connection.execute(
            "SELECT count(*) FROM happenings WHERE account_id = ? AND kind = ? AND at_ms BETWEEN ? AND ?"
            " AND (?5 IS NULL OR key = ?5)",
            (account_id, _kind(made), asked.since_ms, asked.until_ms, asked.key),
        )
        return int(row.fetchone()[0])

    def balances(self, account_id: int, wallet: Wallet) -> list[Balance]:
        """What a wallet holds, or owes; assets that it never held are left out."""
        if wallet is Wallet.SPOT:
            return self._store.accounts.balances(account_id)
        rows = self._database.connection.execute(
            "SELECT asset, amount FROM wallet_balances WHERE account_id = ? AND wallet = ? ORDER BY asset",
            (account_id, wallet.value),
        )
        return [Balance(asset, Decimal(amount), ZERO) for asset, amount in rows]

    def balance(self, account_id: int, wallet: Wallet, asset: str) -> Decimal:
        """What is free of one asset."""
        if wallet is Wallet.SPOT:
            return self._store.accounts.balance(account_id, asset).free
        row = self._database.connection.execute(
            "SELECT amount FROM wallet_balances WHERE account_id = ? AND wallet = ? AND asset = ?",
            (account_id, wallet.value, asset),
        ).fetchone()
        return Decimal(row[0]) if row else ZERO

    def move(self, account_id: int, wallet: Wallet, asset: str, delta: Decimal) -> None:
        """Add to a wallet; a negative amount takes away.

        Raises:
            InsufficientBalance: It would fall below zero.
        """
        if wallet is Wallet.SPOT:
            self._store.accounts.move(account_id, asset, free=delta)
            return
        now = self.balance(account_id, wallet, asset)
        after = add(now, delta)
        # A futures wallet pays losses and fees whatever is left in it.
        if after < 0 and wallet is not Wallet.FUTURES:
            raise InsufficientBalance(f"{format_amount(now)} {asset} is in the {wallet} wallet.")
        values = (account_id, wallet.value, asset, format_amount(after))
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO wallet_balances VALUES (?, ?, ?, ?)", values)

    def has_opened(self, account_id: int, wallet: Wallet) -> bool:
        """Whether anything was ever in the wallet."""
        return bool(self.balances(account_id, wallet))

    def owners(self, wallet: Wallet) -> list[int]:
        """Every account that ever had something in the wallet."""
        rows = self._database.connection.execute(
            "SELECT DISTINCT account_id FROM wallet_balances WHERE wallet = ? ORDER BY account_id", (wallet.value,)
        )
        return [row[0] for row in rows]

    def positions(self, account_id: int | None = None) -> list[tuple[int, Position]]:
        """Accounts and the contracts they hold or held."""
        rows = self._database.connection.execute(
            "SELECT account_id, symbol, quantity, entry_price, leverage, updated_at_ms FROM positions"
            " WHERE ?1 IS NULL OR account_id = ?1 ORDER BY account_id, symbol",
            (account_id,),
        )
        return [(row[0], Position(row[1], Decimal(row[2]), Decimal(row[3]), row[4], row[5])) for row in rows]

    def position(self, account_id: int, symbol: str) -> Position:
        """What the account holds of a contract."""
        found = (position for _, position in self.positions(account_id) if position.symbol == symbol)
        return next(found, Position(symbol))

    def put_position(self, account_id: int, position: Position) -> None:
        """Keep the position as it is now."""
        amounts = (format_amount(position.quantity), format_amount(position.entry_price))
        values = (account_id, position.symbol, *amounts, position.leverage, position.updated_at_ms)
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?)", values)

    def forget(self, account_id: int) -> None:
        """Forget all of an account."""
        with self._database.transaction() as connection:
            for table in ("happenings", "wallet_balances", "positions"):
                connection.execute(f"DELETE FROM {table} WHERE account_id = ?", (account_id,))  # noqa: S608


def _kind(made: type[Happening]) -> str:
    return made.__name__.lower()


def _encoded(happening: Happening) -> bytes:
    plain = {field.name: getattr(happening, field.name) for field in fields(happening) if field.name != "number"}
    return orjson.dumps({name: format_amount(value) if isinstance(value, Decimal) else value
                         for name, value in plain.items()})  # fmt: skip


def _decoded(made: type[_Kept], number: int, body: bytes) -> _Kept:
    types = get_type_hints(made)
    said: dict[str, Any] = orjson.loads(body)
    values = {name: _typed(types[name], value) for name, value in said.items()}
    return made(**values, number=number)


def _typed(kind: type[Any], value: Any) -> Any:
    return kind(value) if kind is Decimal or issubclass(kind, StrEnum) else value
