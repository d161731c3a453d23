"""The SQLite file: schema and transactions.

Everything is written before it is answered; a killed process loses nothing that it had confirmed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (
    account_id INTEGER PRIMARY KEY, venue TEXT NOT NULL, key TEXT NOT NULL UNIQUE, secret TEXT NOT NULL,
    label TEXT NOT NULL, may_read INTEGER NOT NULL, may_trade INTEGER NOT NULL, may_withdraw INTEGER NOT NULL,
    fee_asset TEXT NOT NULL, created_at_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS further_keys (
    key TEXT PRIMARY KEY, account_id INTEGER NOT NULL, secret TEXT NOT NULL, may_read INTEGER NOT NULL,
    may_trade INTEGER NOT NULL, may_withdraw INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS balances (
    account_id INTEGER NOT NULL, asset TEXT NOT NULL, free TEXT NOT NULL, locked TEXT NOT NULL,
    PRIMARY KEY (account_id, asset)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
    account_id INTEGER NOT NULL, symbol TEXT NOT NULL, order_id INTEGER NOT NULL, client_order_id TEXT NOT NULL,
    side TEXT NOT NULL, type TEXT NOT NULL, time_in_force TEXT NOT NULL, status TEXT NOT NULL, price TEXT NOT NULL,
    quantity TEXT NOT NULL, quote_quantity TEXT NOT NULL, filled TEXT NOT NULL, filled_quote TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL, stop_price TEXT NOT NULL DEFAULT '0',
    working_at_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, symbol, order_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS orders_open ON orders (symbol, order_id) WHERE status IN ('new', 'partially_filled');
CREATE INDEX IF NOT EXISTS orders_by_client_id ON orders (account_id, client_order_id) WHERE client_order_id <> '';
CREATE TABLE IF NOT EXISTS fills (
    account_id INTEGER NOT NULL, symbol TEXT NOT NULL, trade_id INTEGER NOT NULL, order_id INTEGER NOT NULL,
    at_ms INTEGER NOT NULL, side TEXT NOT NULL, price TEXT NOT NULL, quantity TEXT NOT NULL,
    quote_quantity TEXT NOT NULL, fee TEXT NOT NULL, fee_asset TEXT NOT NULL, is_maker INTEGER NOT NULL,
    PRIMARY KEY (account_id, symbol, trade_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS fills_by_time ON fills (account_id, symbol, at_ms);
CREATE INDEX IF NOT EXISTS fills_by_instant ON fills (account_id, at_ms);
CREATE INDEX IF NOT EXISTS orders_by_instant ON orders (account_id, created_at_ms);
CREATE INDEX IF NOT EXISTS fills_by_order ON fills (account_id, order_id);
CREATE TABLE IF NOT EXISTS transfers (
    transfer_id TEXT NOT NULL, account_id INTEGER NOT NULL, kind TEXT NOT NULL, asset TEXT NOT NULL,
    amount TEXT NOT NULL, fee TEXT NOT NULL, at_ms INTEGER NOT NULL, transaction_hash TEXT NOT NULL,
    address TEXT NOT NULL, PRIMARY KEY (account_id, kind, at_ms, transfer_id)) WITHOUT ROWID;
"""

_STOPS = """
ALTER TABLE orders ADD COLUMN stop_price TEXT NOT NULL DEFAULT '0';
ALTER TABLE orders ADD COLUMN working_at_ms INTEGER NOT NULL DEFAULT 0;
UPDATE orders SET working_at_ms = created_at_ms;
"""
"""For a file from before there were stops: every order of it is at work."""


class Database:
    """One connection, used by one thread."""

    def __init__(self, path: Path | str) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -8000", "temp_store = MEMORY"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.executescript(_SCHEMA)
        if "stop_price" not in {row[1] for row in self.connection.execute("PRAGMA table_info(orders)")}:
            self.connection.executescript(f"BEGIN; {_STOPS} COMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside happens, or nothing; inside another transaction it joins that one."""
        if self.connection.in_transaction:
            yield self.connection
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


class Settings:
    """Named texts and counters that outlive the process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, name: str) -> str | None:
        """The text of this name."""
        row = self._database.connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def write(self, name: str, value: str) -> None:
        """Keep the text."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def next_number(self, name: str, *, at_least: int) -> int:
        """The counter's next value, never less than asked."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "INSERT INTO counters VALUES (?1, ?2) ON CONFLICT (name)"
                " DO UPDATE SET value = max(value + 1, ?2) RETURNING value",
                (name, at_least),
            ).fetchone()
        return int(row[0])
