"""Exchange rates of currencies in PostgreSQL: every table that was fetched stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.instants import Clock
from nightdesk.markets.fx import FxRates

KEEP: Final = timedelta(minutes=1)

_PUT = """
    INSERT INTO fx_rates (source, base, quote, at, rate)
    SELECT %s, %s, quote, %s, rate FROM unnest(%s::text[], %s::numeric[]) AS told (quote, rate)
    ON CONFLICT (source, quote, at) DO NOTHING
"""
_LATEST = """
    SELECT source, base, at, quote, rate FROM fx_rates
    WHERE (source, at) = (SELECT source, at FROM fx_rates ORDER BY at DESC, source LIMIT 1)
"""


class PostgresFxStore:
    """Tables of rates; they belong to no tenant."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, rates: FxRates) -> None:
        """Keep a table; the same table again changes nothing."""
        told = rates.rates
        self._connection.execute(_PUT, (rates.source, rates.base, rates.at, list(told), list(told.values())))

    def latest(self) -> FxRates | None:
        """The newest table."""
        rows = self._connection.execute(_LATEST).fetchall()
        if not rows:
            return None
        source, base, at = rows[0][:3]
        return FxRates(source=source, base=AssetId(base), at=at, rates={AssetId(row[3]): row[4] for row in rows})


class RememberedFxTable:
    """The newest table, asked for once a minute and otherwise remembered by the process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._table: FxRates | None = None
        self._read_at: datetime | None = None

    def latest(self) -> FxRates | None:
        """The newest table; the remembered one while the database does not answer."""
        now = self._clock.now()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < KEEP:
            self._read_at = now
            self._read()
        return self._table

    def _read(self) -> None:
        try:
            with self._database.transaction() as connection:
                self._table = PostgresFxStore(connection).latest()
        except Unavailable:
            return
