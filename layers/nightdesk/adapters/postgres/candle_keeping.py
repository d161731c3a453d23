"""Partitions ahead, retention and compression of candles in PostgreSQL, by functions that run as the owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.keeping import Expired

_EXPIRE = "SELECT part, ends_at, bytes, dropped FROM candles_expire(%s, %s)"


class PostgresCandleKeeping:
    """`CandleKeeping` as the role `streams`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make_room(self, since: datetime, until: datetime) -> int:
        """Make missing partitions."""
        return int(self._value("SELECT candles_ensure_partitions(%s, %s)", since, until))

    def expire(self, kept_from: datetime, *, dry_run: bool) -> Sequence[Expired]:
        """Drop months of minutes, or tell which."""
        with self._database.transaction() as connection:
            rows = connection.execute(_EXPIRE, (kept_from, dry_run)).fetchall()
        return [
            Expired(part=part, ends_at=ends_at, size_bytes=size_bytes, is_dropped=dropped)
            for part, ends_at, size_bytes, dropped in rows
        ]

    def compress(self, older_than: timedelta) -> str:
        """Compress by policy where Timescale is."""
        return str(self._value("SELECT candles_compress(%s)", older_than))

    def _value(self, statement: str, *parameters: object) -> str | int:
        with self._database.transaction() as connection:
            row = connection.execute(statement.encode(), parameters).fetchone()
        assert row is not None  # noqa: S101 - a function gives one row
        value: str | int = row[0]
        return value
