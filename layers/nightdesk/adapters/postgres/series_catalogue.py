"""The catalogue of series in PostgreSQL: thousands of rows in one small table, looked through as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.catalogue import FOREX, PORTFOLIO, ListedSeries, SeriesKind, SeriesSearch
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId

# A portfolio has its series from the beginning, though it is stored with its first bar only.
_SEEN = """
    SELECT name, unit, base_resolution FROM series WHERE tenant_id IS NULL OR tenant_id = %(tenant)s
    UNION
    SELECT 'PORTFOLIO:' || tenant_id, base_asset, '15m' FROM tenants WHERE tenant_id = %(tenant)s
"""
_PLACES = f"SELECT DISTINCT split_part(name, ':', 1) AS place FROM ({_SEEN}) AS seen ORDER BY place"  # noqa: S608
_FIND = f"SELECT * FROM ({_SEEN}) AS seen WHERE name = %(name)s"  # noqa: S608 - constants
_SEARCH = f"""
    SELECT * FROM ({_SEEN}) AS seen
    WHERE strpos(upper(name), upper(%(text)s)) > 0
      AND (%(place)s = '' OR split_part(name, ':', 1) = %(place)s)
      AND (%(only)s = '' OR split_part(name, ':', 1) = %(only)s)
      AND split_part(name, ':', 1) <> ALL (%(without)s)
    ORDER BY NOT starts_with(upper(split_part(name, ':', 2)), upper(%(text)s)), name
    LIMIT %(limit)s
"""  # noqa: S608 - constants
_ONLY = {SeriesKind.FOREX: FOREX, SeriesKind.PORTFOLIO: PORTFOLIO}


class PostgresSeriesCatalogue:
    """`SeriesCatalogue` of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def places(self, tenant_id: TenantId) -> Sequence[str]:
        """Where there are series."""
        return [place for (place,) in self._rows(tenant_id, _PLACES, {})]

    def find(self, tenant_id: TenantId, name: str) -> ListedSeries | None:
        """The series of that name that the tenant may see."""
        rows = self._rows(tenant_id, _FIND, {"name": name})
        return _listed(rows[0]) if rows else None

    def search(self, tenant_id: TenantId, wanted: SeriesSearch) -> Sequence[ListedSeries]:
        """What is found."""
        asked = {
            "text": wanted.text,
            "place": wanted.place,
            "only": _ONLY.get(wanted.kind, "") if wanted.kind else "",
            "without": list(_ONLY.values()) if wanted.kind is SeriesKind.CRYPTO else [],
            "limit": wanted.limit,
        }
        return [_listed(row) for row in self._rows(tenant_id, _SEARCH, asked)]

    def _rows(self, tenant_id: TenantId, query: str, asked: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
        with self._database.transaction(tenant_id=tenant_id) as connection:
            return connection.execute(query.encode(), {"tenant": tenant_id, **asked}).fetchall()


def _listed(row: Sequence[Any]) -> ListedSeries:
    name, unit, base = row
    return ListedSeries(name=name, unit=AssetId(unit), base=Resolution(base))
