"""Exchange rates of currencies in PostgreSQL: every table that was fetched stays."""

from __future__ import annotations

from nightdesk.adapters.postgres.database import Connection
from nightdesk.kernel.assets import AssetId
from nightdesk.markets.fx import FxRates

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
