"""Partitions of candles, made before they are needed."""

from __future__ import annotations

from datetime import datetime, timedelta

from nightdesk.adapters.postgres.database import Database

AHEAD = timedelta(days=62)


class CandlePartitions:
    """Remembers which months are there, so that asking again costs nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._months: set[tuple[int, int]] = set()

    def ensure(self, since: datetime, until: datetime) -> None:
        """Make room from `since` until two months after `until`; for hypertables nothing is to be done.

        Raises:
            Unavailable: The database does not answer.
        """
        asked = {(since.year, since.month), (until.year, until.month)}
        if asked <= self._months:
            return
        with self._database.transaction() as connection:
            connection.execute("SELECT candles_ensure_partitions(%s, %s)", (since, until + AHEAD))
        self._months |= set(_months(since, until))


def _months(since: datetime, until: datetime) -> list[tuple[int, int]]:
    first, last = since.year * 12 + since.month - 1, until.year * 12 + until.month - 1
    return [(index // 12, index % 12 + 1) for index in range(first, last + 1)]
