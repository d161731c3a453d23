"""Accounts and their balances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.errors import InsufficientBalance, UnknownAccount
from fargate.paper_exchange.engine.model import Account, Balance, Permissions
from fargate.paper_exchange.engine.store.database import Database
from nightdesk.kernel.money import ZERO, add, format_amount

_COLUMNS = "account_id, venue, key, secret, label, may_read, may_trade, may_withdraw, fee_asset, created_at_ms"


class AccountStore:
    """Accounts by key or number; balances by asset."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, account: Account) -> Account:
        """Keep a new account; its number is given here."""
        permissions = account.permissions
        values = (
            account.venue,
            account.key,
            account.secret,
            account.label,
            permissions.read,
            permissions.trade,
            permissions.withdraw,
            account.fee_asset,
            account.created_at_ms,
        )
        with self._database.transaction() as connection:
            cursor = connection.execute(f"INSERT INTO accounts ({_COLUMNS}) VALUES (NULL, ?,?,?,?,?,?,?,?,?)", values)  # noqa: S608 - constant columns
        return self.by_number(cursor.lastrowid or 0)

    def by_key(self, key: str) -> Account:
        """The account of this key, with this key's secret and permissions.

        Raises:
            UnknownAccount: There is none.
        """
        further = self._database.connection.execute(
            "SELECT account_id, secret, may_read, may_trade, may_withdraw FROM further_keys WHERE key = ?", (key,)
        ).fetchone()
        if further is None:
            return self._one("key = ?", key)
        number, secret, *may = further
        return replace(self.by_number(number), key=key, secret=secret, permissions=Permissions(*map(bool, may)))

    def add_key(self, account_id: int, key: str, secret: str, permissions: Permissions) -> Account:
        """Let another key in to the account; those that it has go on working."""
        values = (key, account_id, secret, permissions.read, permissions.trade, permissions.withdraw)
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO further_keys VALUES (?, ?, ?, ?, ?, ?)", values)
        return self.by_key(key)

    def remove_key(self, key: str) -> None:
        """Let the key in no longer; the account stays."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM further_keys WHERE key = ?", (key,))
            connection.execute("UPDATE accounts SET key = 'removed ' || account_id WHERE key = ?", (key,))

    def by_number(self, account_id: int) -> Account:
        """The account of this number.

        Raises:
            UnknownAccount: There is none.
        """
        return self._one("account_id = ?", account_id)

    def all(self) -> list[Account]:
        """Every account, oldest first."""
        rows = self._database.connection.execute(f"SELECT {_COLUMNS} FROM accounts ORDER BY account_id")  # noqa: S608
        return [_account(row) for row in rows]

    def permit(self, key: str, permissions: Permissions) -> Account:
        """Change what the key may do."""
        values = (permissions.read, permissions.trade, permissions.withdraw, key)
        with self._database.transaction() as connection:
            for table in ("accounts", "further_keys"):
                connection.execute(f"UPDATE {table} SET may_read=?, may_trade=?, may_withdraw=? WHERE key=?", values)  # noqa: S608
        return self.by_key(key)

    def remove(self, account_id: int) -> None:
        """Forget the account and all it did."""
        with self._database.transaction() as connection:
            for table in ("fills", "orders", "transfers", "balances", "further_keys", "accounts"):
                connection.execute(f"DELETE FROM {table} WHERE account_id = ?", (account_id,))  # noqa: S608

    def balances(self, account_id: int) -> list[Balance]:
        """What it has, by asset, zero rows included once an asset was held."""
        rows = self._database.connection.execute(
            "SELECT asset, free, locked FROM balances WHERE account_id = ? ORDER BY asset", (account_id,)
        )
        return [Balance(asset, Decimal(free), Decimal(locked)) for asset, free, locked in rows]

    def balance(self, account_id: int, asset: str) -> Balance:
        """What it has of one asset."""
        row = self._database.connection.execute(
            "SELECT free, locked FROM balances WHERE account_id = ? AND asset = ?", (account_id, asset)
        ).fetchone()
        return Balance(asset, Decimal(row[0]), Decimal(row[1])) if row else Balance(asset, ZERO, ZERO)

    def move(self, account_id: int, asset: str, *, free: Decimal = ZERO, locked: Decimal = ZERO) -> None:
        """Add to what is free and what is locked; negative amounts take away.

        Raises:
            InsufficientBalance: Either would fall below zero.
        """
        now = self.balance(account_id, asset)
        new_free, new_locked = add(now.free, free), add(now.locked, locked)
        if new_free < 0 or new_locked < 0:
            raise InsufficientBalance(f"{format_amount(now.free)} {asset} is free.")
        values = (account_id, asset, format_amount(new_free), format_amount(new_locked))
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO balances VALUES (?, ?, ?, ?)", values)

    def set_all(self, account_id: int, free: Mapping[str, Decimal]) -> None:
        """Set what is free of each asset; for histories made in bulk."""
        rows = [(account_id, asset, format_amount(amount), "0") for asset, amount in free.items()]
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO balances VALUES (?, ?, ?, ?)", rows)

    def _one(self, condition: str, value: object) -> Account:
        query = f"SELECT {_COLUMNS} FROM accounts WHERE {condition}"  # noqa: S608
        row = self._database.connection.execute(query, (value,)).fetchone()
        if row is None:
            raise UnknownAccount("There is no such account.")
        return _account(row)


def _account(row: tuple[Any, ...]) -> Account:
    number, venue, key, secret, label, read, trade, withdraw, fee_asset, created_at_ms = row
    permissions = Permissions(bool(read), bool(trade), bool(withdraw))
    return Account(number, venue, key, secret, label, permissions, fee_asset, created_at_ms)
