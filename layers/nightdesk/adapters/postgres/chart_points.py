"""Users' own points in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.errors import UniqueViolation

from nightdesk.adapters.postgres.database import Connection
from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.markets.charts.errors import name_taken
from nightdesk.markets.charts.model import ChartPoint, PointSet, PointSetId, PointStyle
from nightdesk.markets.charts.ports import Place

_SET = """
    SELECT set_id, name, style, colour, made_at, (
      SELECT count(*) FROM chart_points p
      WHERE (p.tenant_id, p.user_id, p.set_id) = (s.tenant_id, s.user_id, s.set_id)
    ) FROM chart_point_sets s WHERE tenant_id = %s AND user_id = %s
"""
_PAGE = f"""
    {_SET} AND (%s::timestamptz IS NULL OR (made_at, set_id) < (%s, %s)) ORDER BY made_at DESC, set_id DESC LIMIT %s
"""
_COUNT = "SELECT count(*) FROM chart_point_sets WHERE tenant_id = %s AND user_id = %s"
_GET = f"{_SET} AND set_id = %s FOR UPDATE"
_PUT = """
    INSERT INTO chart_point_sets (tenant_id, user_id, set_id, name, style, colour, made_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, user_id, set_id) DO UPDATE
      SET name = excluded.name, style = excluded.style, colour = excluded.colour
"""
_REMOVE = "DELETE FROM chart_point_sets WHERE tenant_id = %s AND user_id = %s AND set_id = %s"
_OF = "tenant_id = %s AND user_id = %s AND set_id = %s"
_POINTS = f"""
    SELECT at, value, label FROM chart_points
    WHERE {_OF} AND at >= coalesce(%s, '-infinity'::timestamptz) AND at < coalesce(%s, 'infinity'::timestamptz)
    ORDER BY at LIMIT %s
"""  # noqa: S608 our own words
_ADD = """
    INSERT INTO chart_points (tenant_id, user_id, set_id, at, value, label)
    SELECT %s, %s, %s, * FROM unnest(%s::timestamptz[], %s::numeric[], %s::text[])
    ON CONFLICT (tenant_id, user_id, set_id, at) DO UPDATE SET value = excluded.value, label = excluded.label
"""
_REMOVE_POINTS = f"DELETE FROM chart_points WHERE {_OF} AND at >= %s AND at < %s"  # noqa: S608 our own words


class PostgresPointStore:
    """`PointStore` of one user in the transaction of one connection."""

    def __init__(self, connection: Connection, tenant_id: TenantId, user_id: UserId) -> None:
        self._connection = connection
        self._owner = (tenant_id, user_id)

    def page(self, before: Place | None, limit: int) -> Sequence[PointSet]:
        """Sets, newest first by when they were made."""
        at, set_id = before or (None, None)
        rows = self._connection.execute(_PAGE, (*self._owner, at, at, set_id, limit))
        return [_point_set(row) for row in rows]

    def count(self) -> int:
        """How many sets there are."""
        row = self._connection.execute(_COUNT, self._owner).fetchone()
        return int(row[0]) if row else 0

    def get(self, set_id: PointSetId) -> PointSet | None:
        """One, locked until the transaction ends."""
        row = self._connection.execute(_GET, (*self._owner, set_id)).fetchone()
        return None if row is None else _point_set(row)

    def put(self, points: PointSet) -> None:
        """Keep a set's name and style."""
        row = (points.set_id, points.name, points.style.value, points.colour, points.made_at)
        try:
            self._connection.execute(_PUT, (*self._owner, *row))
        except UniqueViolation:
            raise name_taken(points.name) from None

    def remove(self, set_id: PointSetId) -> bool:
        """Forget it with its points; whether it was there."""
        return self._connection.execute(_REMOVE, (*self._owner, set_id)).rowcount > 0

    def points(
        self, set_id: PointSetId, since: datetime | None, until: datetime | None, limit: int
    ) -> Sequence[ChartPoint]:
        """Oldest first, from `since` on and before `until`."""
        rows = self._connection.execute(_POINTS, (*self._owner, set_id, since, until, limit))
        return [ChartPoint(at, value, label) for at, value, label in rows]

    def add(self, set_id: PointSetId, points: Sequence[ChartPoint]) -> None:
        """Keep points, each in the place of the one of its instant."""
        columns = [point.at for point in points], [point.value for point in points], [point.label for point in points]
        self._connection.execute(_ADD, (*self._owner, set_id, *columns))

    def remove_points(self, set_id: PointSetId, since: datetime, until: datetime) -> int:
        """Forget those from `since` on and before `until`; how many they were."""
        return self._connection.execute(_REMOVE_POINTS, (*self._owner, set_id, since, until)).rowcount


def _point_set(row: tuple[Any, ...]) -> PointSet:
    set_id, name, style, colour, made_at, points = row
    return PointSet(
        set_id=PointSetId(set_id), name=name, style=PointStyle(style), colour=colour, made_at=made_at, points=points
    )
