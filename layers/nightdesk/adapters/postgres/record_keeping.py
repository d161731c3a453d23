"""Retention of records about prices in PostgreSQL, by a function that runs as the owner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.record_keeping import AT_ONCE, RecordPolicy

_EXPIRE = "SELECT record, count FROM records_expire(%s, %s, %s, %s)"


class PostgresRecordKeeping:
    """`RecordKeeping` as the role `streams`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def expire(self, policy: RecordPolicy, market_at: datetime, now: datetime) -> Mapping[str, int]:
        """Drop what is too old, or tell how much."""
        asked = (policy.valuations_from(market_at), policy.refusals_from(now), AT_ONCE, policy.dry_run)
        with self._database.transaction() as connection:
            return {record: int(count) for record, count in connection.execute(_EXPIRE, asked).fetchall()}
