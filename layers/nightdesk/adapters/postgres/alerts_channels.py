"""Channels, preferences, codes and canaries in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres.alerts_preferences import preferences_of, shape_of
from nightdesk.adapters.postgres.database import Connection
from nightdesk.alerts.model import (
    Canary,
    CanaryId,
    Category,
    Channel,
    ChannelId,
    ChannelKind,
    ChannelState,
    Severity,
)
from nightdesk.alerts.preferences import Preferences
from nightdesk.kernel.ids import TenantId

_COLUMNS = """
    tenant_id, channel_id, kind, name, hint, state, state_code, takes_from, categories, only_escalated, canary_every_s,
    created_at, verified_at, failing_since
"""
_LIST = f"""
    SELECT {_COLUMNS} FROM alert_channels WHERE tenant_id = %s AND state <> 'removed' ORDER BY created_at, channel_id
"""  # noqa: S608 - constants
_GET = f"SELECT {_COLUMNS} FROM alert_channels WHERE tenant_id = %s AND channel_id = %s"  # noqa: S608 - constants
_PUT = f"""
    INSERT INTO alert_channels ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, channel_id) DO UPDATE SET name = excluded.name, state = excluded.state,
      state_code = excluded.state_code, takes_from = excluded.takes_from, categories = excluded.categories,
      only_escalated = excluded.only_escalated, canary_every_s = excluded.canary_every_s,
      verified_at = excluded.verified_at, failing_since = excluded.failing_since
"""  # noqa: S608 - constants
_REMOVE = "UPDATE alert_channels SET state = 'removed' WHERE tenant_id = %s AND channel_id = %s"
_DROP_OPEN = """
    UPDATE alert_deliveries SET state = 'failed', error_code = 'channel.removed'
    WHERE tenant_id = %s AND channel_id = %s AND state = 'waiting'
"""
_SET_STATE = """
    UPDATE alert_channels SET state = %(state)s, state_code = %(code)s,
      failing_since = CASE WHEN %(state)s = 'failing' THEN coalesce(failing_since, %(at)s) END
    WHERE tenant_id = %(tenant)s AND channel_id = %(channel)s AND state IN ('verified', 'failing')
"""
_PREFERENCES = "SELECT chosen FROM alert_preferences WHERE tenant_id = %s"
_PUT_PREFERENCES = """
    INSERT INTO alert_preferences (tenant_id, chosen, changed_at) VALUES (%s, %s, now())
    ON CONFLICT (tenant_id) DO UPDATE SET chosen = excluded.chosen, changed_at = excluded.changed_at
"""
_CANARY = "tenant_id, canary_id, channel_id, due_at, queued_at, sent_at, delivered_at, error_code"
_ADD_CANARY = f"""
    INSERT INTO alert_canaries ({_CANARY}) VALUES (%s, %s, %s, %s, %s, NULL, NULL, NULL) ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants
_GET_CANARY = f"SELECT {_CANARY} FROM alert_canaries WHERE tenant_id = %s AND canary_id = %s"  # noqa: S608 - constants
_SAVE_CANARY = """
    UPDATE alert_canaries SET sent_at = %s, delivered_at = %s, error_code = %s WHERE tenant_id = %s AND canary_id = %s
"""
_FAIL_CANARY = """
    UPDATE alert_canaries SET error_code = %s WHERE tenant_id = %s AND canary_id = %s AND delivered_at IS NULL
"""
_CANARIES = f"""
    SELECT {_CANARY} FROM alert_canaries WHERE tenant_id = %s AND due_at > %s ORDER BY due_at DESC LIMIT %s
"""  # noqa: S608 - constants
_PUT_CODE = """
    UPDATE alert_channels SET code_hash = %s, code_until = %s, code_tries = 0 WHERE tenant_id = %s AND channel_id = %s
"""
_TRY_CODE = """
    UPDATE alert_channels SET code_tries = code_tries + 1
    WHERE tenant_id = %s AND channel_id = %s AND code_hash IS NOT NULL AND code_until > %s
    RETURNING code_hash, code_tries
"""


class PostgresChannelStore:
    """`ChannelStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def channels(self, tenant_id: TenantId) -> tuple[Channel, ...]:
        """Every channel, the oldest first."""
        return tuple(_channel(row) for row in self._connection.execute(_LIST, (tenant_id,)))

    def channel(self, tenant_id: TenantId, channel_id: ChannelId) -> Channel | None:
        """One channel."""
        row = self._connection.execute(_GET, (tenant_id, channel_id)).fetchone()
        return None if row is None else _channel(row)

    def put_channel(self, channel: Channel) -> None:
        """Keep a new or changed channel."""
        named = (channel.tenant_id, channel.channel_id, channel.kind.value, channel.name, channel.hint)
        state = (channel.state.value, channel.state_code)
        takes = (channel.takes_from.value, sorted(each.value for each in channel.categories), channel.only_escalated)
        instants = (channel.created_at, channel.verified_at, channel.failing_since)
        self._connection.execute(_PUT, (*named, *state, *takes, channel.canary_every_s, *instants))

    def remove_channel(self, tenant_id: TenantId, channel_id: ChannelId) -> None:
        """Forget it and what was still to be delivered by it."""
        self._connection.execute(_REMOVE, (tenant_id, channel_id))
        self._connection.execute(_DROP_OPEN, (tenant_id, channel_id))

    def set_channel_state(
        self, tenant_id: TenantId, channel_id: ChannelId, state: ChannelState, *, code: str | None, at: datetime
    ) -> None:
        """Move a verified or failing channel to the state."""
        wanted = {"tenant": tenant_id, "channel": channel_id, "state": state.value, "code": code, "at": at}
        self._connection.execute(_SET_STATE, wanted)

    def preferences(self, tenant_id: TenantId) -> Preferences:
        """What the tenant chose, or what holds for everybody."""
        row = self._connection.execute(_PREFERENCES, (tenant_id,)).fetchone()
        return Preferences() if row is None else preferences_of(row[0])

    def put_preferences(self, tenant_id: TenantId, preferences: Preferences) -> None:
        """Keep what the tenant chose."""
        self._connection.execute(_PUT_PREFERENCES, (tenant_id, Jsonb(shape_of(preferences))))

    def add_canary(self, canary: Canary) -> bool:
        """Keep a new canary."""
        row = (canary.tenant_id, canary.canary_id, canary.channel_id, canary.due_at, canary.queued_at)
        return self._connection.execute(_ADD_CANARY, row).rowcount > 0

    def canary(self, tenant_id: TenantId, canary_id: CanaryId) -> Canary | None:
        """One canary."""
        row = self._connection.execute(_GET_CANARY, (tenant_id, canary_id)).fetchone()
        return None if row is None else _canary(row)

    def save_canary(self, canary: Canary) -> None:
        """Keep what changed of it."""
        done = (canary.sent_at, canary.delivered_at, canary.error_code)
        self._connection.execute(_SAVE_CANARY, (*done, canary.tenant_id, canary.canary_id))

    def fail_canary(self, tenant_id: TenantId, canary_id: CanaryId, code: str) -> None:
        """Note that it never came back."""
        self._connection.execute(_FAIL_CANARY, (code, tenant_id, canary_id))

    def canaries(self, tenant_id: TenantId, since: datetime, limit: int) -> tuple[Canary, ...]:
        """Canaries since then, the newest first."""
        return tuple(_canary(row) for row in self._connection.execute(_CANARIES, (tenant_id, since, limit)))


class PostgresCodeStore:
    """`CodeStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_code(self, tenant_id: TenantId, channel_id: ChannelId, code_hash: bytes, until: datetime) -> None:
        """Keep it in place of any other."""
        self._connection.execute(_PUT_CODE, (code_hash, until, tenant_id, channel_id))

    def try_code(self, tenant_id: TenantId, channel_id: ChannelId, now: datetime) -> tuple[bytes, int] | None:
        """The hash and the number of this try."""
        row = self._connection.execute(_TRY_CODE, (tenant_id, channel_id, now)).fetchone()
        return None if row is None else (bytes(row[0]), int(row[1]))


def _channel(row: Sequence[Any]) -> Channel:
    tenant, channel_id, kind, name, hint, state, state_code, takes_from, categories, only_escalated, *more = row
    canary_every_s, created_at, verified_at, failing_since = more
    return Channel(
        tenant_id=TenantId(tenant),
        channel_id=ChannelId(channel_id),
        kind=ChannelKind(kind),
        name=name,
        hint=hint,
        state=ChannelState(state),
        state_code=state_code,
        takes_from=Severity(takes_from),
        categories=frozenset(Category(each) for each in categories),
        only_escalated=only_escalated,
        canary_every_s=canary_every_s,
        created_at=created_at,
        verified_at=verified_at,
        failing_since=failing_since,
    )


def _canary(row: Sequence[Any]) -> Canary:
    tenant, canary_id, channel_id, due_at, queued_at, sent_at, delivered_at, error_code = row
    return Canary(
        tenant_id=TenantId(tenant),
        canary_id=CanaryId(canary_id),
        channel_id=ChannelId(channel_id),
        due_at=due_at,
        queued_at=queued_at,
        sent_at=sent_at,
        delivered_at=delivered_at,
        error_code=error_code,
    )
