"""Layouts of charts in PostgreSQL, and the transaction of a user's charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres.chart_points import PostgresPointStore
from nightdesk.adapters.postgres.chart_shares import PostgresShareStore
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.markets.charts.errors import layout_changed, name_taken
from nightdesk.markets.charts.model import ChartLayout, LayoutId
from nightdesk.markets.charts.ports import Place

_COLUMNS = "layout_id, name, version, content, made_at, changed_at"
_PAGE = f"""
    SELECT {_COLUMNS} FROM chart_layouts
    WHERE tenant_id = %s AND user_id = %s AND (%s::timestamptz IS NULL OR (made_at, layout_id) < (%s, %s))
    ORDER BY made_at DESC, layout_id DESC LIMIT %s
"""  # noqa: S608 our own words
_COUNT = "SELECT count(*) FROM chart_layouts WHERE tenant_id = %s AND user_id = %s"
_GET = f"""
    SELECT {_COLUMNS} FROM chart_layouts WHERE tenant_id = %s AND user_id = %s AND layout_id = %s FOR UPDATE
"""  # noqa: S608 our own words
_PUT = """
    INSERT INTO chart_layouts (tenant_id, user_id, layout_id, name, version, content, made_at, changed_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, user_id, layout_id) DO UPDATE
      SET name = excluded.name, version = excluded.version, content = excluded.content,
        changed_at = excluded.changed_at
      WHERE chart_layouts.version = excluded.version - 1
"""
_REMOVE = "DELETE FROM chart_layouts WHERE tenant_id = %s AND user_id = %s AND layout_id = %s"


class PostgresLayoutStore:
    """`LayoutStore` of one user in the transaction of one connection."""

    def __init__(self, connection: Connection, tenant_id: TenantId, user_id: UserId) -> None:
        self._connection = connection
        self._owner = (tenant_id, user_id)

    def page(self, before: Place | None, limit: int) -> Sequence[ChartLayout]:
        """Newest first by when they were made."""
        at, layout_id = before or (None, None)
        rows = self._connection.execute(_PAGE, (*self._owner, at, at, layout_id, limit))
        return [_layout(row) for row in rows]

    def count(self) -> int:
        """How many there are."""
        row = self._connection.execute(_COUNT, self._owner).fetchone()
        return int(row[0]) if row else 0

    def get(self, layout_id: LayoutId) -> ChartLayout | None:
        """One, locked until the transaction ends."""
        row = self._connection.execute(_GET, (*self._owner, layout_id)).fetchone()
        return None if row is None else _layout(row)

    def put(self, layout: ChartLayout) -> None:
        """Keep it in the place of its former version."""
        numbered = (layout.layout_id, layout.name, layout.version)
        row = (*self._owner, *numbered, Jsonb(layout.content), layout.made_at, layout.changed_at)
        try:
            done = self._connection.execute(_PUT, row)
        except UniqueViolation:
            raise name_taken(layout.name) from None
        if done.rowcount == 0:  # two made it at the same time
            raise layout_changed()

    def remove(self, layout_id: LayoutId) -> bool:
        """Forget it; whether it was there."""
        return self._connection.execute(_REMOVE, (*self._owner, layout_id)).rowcount > 0


@dataclass(frozen=True, slots=True)
class PostgresChartUnit:
    """`ChartUnit`: one transaction of a user."""

    layouts: PostgresLayoutStore
    points: PostgresPointStore
    shares: PostgresShareStore


class PostgresChartUnits:
    """Opens transactions of a user."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId, user_id: UserId) -> Iterator[PostgresChartUnit]:
        """A transaction."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            owned = (connection, tenant_id, user_id)
            yield PostgresChartUnit(PostgresLayoutStore(*owned), PostgresPointStore(*owned), PostgresShareStore(*owned))


def _layout(row: tuple[Any, ...]) -> ChartLayout:
    made_at: datetime = row[4]
    return ChartLayout(
        layout_id=LayoutId(row[0]), name=row[1], version=row[2], content=row[3], made_at=made_at, changed_at=row[5]
    )
