"""Shares of charts in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres.database import Connection
from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.markets.charts.model import ChartShare, Content, SharedChart, ShareId
from nightdesk.markets.charts.ports import Place

_COLUMNS = "share_id, name, is_open, made_at, revoked_at"
_OWN = f"SELECT {_COLUMNS} FROM chart_shares WHERE tenant_id = %s AND user_id = %s"  # noqa: S608 our own words
_PAGE = f"""
    {_OWN} AND (%s::timestamptz IS NULL OR (made_at, share_id) < (%s, %s)) ORDER BY made_at DESC, share_id DESC LIMIT %s
"""
_COUNT = "SELECT count(*) FROM chart_shares WHERE tenant_id = %s AND user_id = %s AND revoked_at IS NULL"
_GET = f"{_OWN} AND share_id = %s FOR UPDATE"
_PUT = """
    INSERT INTO chart_shares (tenant_id, user_id, share_id, name, is_open, token_hash, content, made_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, user_id, share_id) DO UPDATE
      SET name = excluded.name, is_open = excluded.is_open, token_hash = excluded.token_hash, content = excluded.content
"""
_REVOKE = "UPDATE chart_shares SET revoked_at = %s WHERE tenant_id = %s AND user_id = %s AND share_id = %s"
_OPENED = f"""
    SELECT {_COLUMNS}, content FROM chart_shares
    WHERE token_hash = %s AND revoked_at IS NULL AND (tenant_id = %s OR is_open)
"""  # noqa: S608 our own words


class PostgresShareStore:
    """`ShareStore` of one user in the transaction of one connection."""

    def __init__(self, connection: Connection, tenant_id: TenantId, user_id: UserId) -> None:
        self._connection = connection
        self._owner = (tenant_id, user_id)

    def page(self, before: Place | None, limit: int) -> Sequence[ChartShare]:
        """Newest first."""
        at, share_id = before or (None, None)
        rows = self._connection.execute(_PAGE, (*self._owner, at, at, share_id, limit))
        return [_share(row) for row in rows]

    def count(self) -> int:
        """How many were not revoked."""
        row = self._connection.execute(_COUNT, self._owner).fetchone()
        return int(row[0]) if row else 0

    def get(self, share_id: ShareId) -> ChartShare | None:
        """One, revoked or not."""
        row = self._connection.execute(_GET, (*self._owner, share_id)).fetchone()
        return None if row is None else _share(row)

    def put(self, share: ChartShare, content: Content, token_hash: bytes) -> None:
        """Keep it in the place of its former copy."""
        told = (share.share_id, share.name, share.is_open, token_hash, Jsonb(content), share.made_at)
        self._connection.execute(_PUT, (*self._owner, *told))

    def revoke(self, share_id: ShareId, at: datetime) -> None:
        """Let its link open nothing any more."""
        self._connection.execute(_REVOKE, (at, *self._owner, share_id))

    def opened(self, token_hash: bytes) -> SharedChart | None:
        """What a token opens; row-level security shows another tenant's share to whoever has its open link only."""
        self._connection.execute("SELECT set_config('app.chart_share', %s, true)", (token_hash.hex(),))
        row = self._connection.execute(_OPENED, (token_hash, self._owner[0])).fetchone()
        return None if row is None else SharedChart(share=_share(row[:-1]), content=row[-1])


def _share(row: tuple[Any, ...]) -> ChartShare:
    share_id, name, is_open, made_at, revoked_at = row
    return ChartShare(share_id=ShareId(share_id), name=name, is_open=is_open, made_at=made_at, revoked_at=revoked_at)
