"""Signals and their hooks in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from nightdesk.accounts.model import Event
from nightdesk.adapters.postgres.alerts import unit_of
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.outbox import PostgresOutbox
from nightdesk.alerts.raising import AlertDesk
from nightdesk.alerts.signal_receiving import Known, SignalUnit
from nightdesk.alerts.signals import HookId, Incoming, Signal, SignalHook, SignalId, SignalState, StalePolicy
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.kernel.instants import Clock

_HOOK = """
    tenant_id, hook_id, name, stale_after_s, stale_policy, signals_per_minute_max, created_at, last_used_at
"""
_FIND_HOOK = "SELECT tenant_id FROM signal_hooks WHERE token_hash = %s"
_LOCK_HOOK = f"""
    UPDATE signal_hooks SET last_used_at = %s WHERE tenant_id = %s AND token_hash = %s RETURNING {_HOOK}
"""  # noqa: S608 - constants
_HOOKS = f"SELECT {_HOOK} FROM signal_hooks WHERE tenant_id = %s ORDER BY created_at, hook_id"  # noqa: S608 - constants
_ADD_HOOK = """
    INSERT INTO signal_hooks (tenant_id, hook_id, name, stale_after_s, stale_policy, signals_per_minute_max, created_at,
      token_hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_CHANGE_HOOK = """
    UPDATE signal_hooks SET name = %s, stale_after_s = %s, stale_policy = %s, signals_per_minute_max = %s
    WHERE tenant_id = %s AND hook_id = %s
"""
_REMOVE_HOOK = "DELETE FROM signal_hooks WHERE tenant_id = %s AND hook_id = %s"
_FIND = "SELECT signal_id, state FROM signals WHERE tenant_id = %s AND hook_id = %s AND identity = %s"
_FIND_TEXT = """
    SELECT signal_id, state FROM signals WHERE tenant_id = %s AND hook_id = %s AND received_at > %s
      AND starts_with(identity, %s) ORDER BY received_at DESC LIMIT 1
"""
_COUNT = "SELECT count(*) FROM signals WHERE tenant_id = %s AND hook_id = %s AND received_at > %s"
_POSITION = """
    SELECT position, coalesce(said_at, received_at) FROM signals
    WHERE tenant_id = %s AND hook_id = %s AND name = %s AND instrument = %s AND position IS NOT NULL
    ORDER BY coalesce(said_at, received_at) DESC LIMIT 1
"""
_SIGNAL = """
    tenant_id, signal_id, hook_id, identity, name, instrument, action, value, price, quantity, order_id, position,
    previous_position, said_at, received_at, late_s, state, gap, from_known_address, payload
"""
_ADD = f"INSERT INTO signals ({_SIGNAL}) VALUES ({', '.join(['%s'] * 20)})"  # noqa: S608 - constants
_PUT_LATEST = """
    INSERT INTO latest_signals (tenant_id, name, instrument, signal_id, value, counted_at)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, name, instrument) DO UPDATE SET signal_id = excluded.signal_id, value = excluded.value,
      counted_at = excluded.counted_at WHERE latest_signals.counted_at <= excluded.counted_at
"""
_LATEST = f"""
    SELECT {_SIGNAL} FROM signals WHERE tenant_id = %(tenant)s AND signal_id = (
      SELECT signal_id FROM latest_signals WHERE tenant_id = %(tenant)s AND name = %(name)s
        AND (%(instrument)s::text IS NULL OR instrument = %(instrument)s)
      ORDER BY counted_at DESC LIMIT 1)
"""  # noqa: S608 - constants
_PAGE = f"""
    SELECT {_SIGNAL} FROM signals WHERE tenant_id = %(tenant)s
      AND (%(at)s::timestamptz IS NULL OR (received_at, signal_id) < (%(at)s, %(id)s))
    ORDER BY received_at DESC, signal_id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants


class PostgresSignalStore:
    """`SignalStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def used(self, token_hash: bytes, at: datetime) -> SignalHook | None:
        """The token's hook, its row locked; row-level security shows this one row until the tenant is known."""
        self._connection.execute("SELECT set_config('app.webhook', %s, true)", (token_hash.hex(),))
        row = self._connection.execute(_FIND_HOOK, (token_hash,)).fetchone()
        if row is None:
            return None
        self._connection.execute("SELECT set_config('app.tenant_id', %s, true)", (str(row[0]),))
        kept = self._connection.execute(_LOCK_HOOK, (at, row[0], token_hash)).fetchone()
        return None if kept is None else _hook(kept)

    def find(self, hook: SignalHook, identity: str) -> Known | None:
        """The signal of that identity."""
        row = self._connection.execute(_FIND, (hook.tenant_id, hook.hook_id, identity)).fetchone()
        return None if row is None else (SignalId(row[0]), SignalState(row[1]))

    def find_text(self, hook: SignalHook, identity: str, since: datetime) -> Known | None:
        """A signal since then whose identity begins so."""
        row = self._connection.execute(_FIND_TEXT, (hook.tenant_id, hook.hook_id, since, identity)).fetchone()
        return None if row is None else (SignalId(row[0]), SignalState(row[1]))

    def count_since(self, hook: SignalHook, since: datetime) -> int:
        """How many signals came by the hook since then."""
        row = self._connection.execute(_COUNT, (hook.tenant_id, hook.hook_id, since)).fetchone()
        return int(row[0]) if row else 0

    def last_position(self, hook: SignalHook, name: str, instrument: str) -> tuple[str, datetime] | None:
        """The position that the newest signal with one left."""
        row = self._connection.execute(_POSITION, (hook.tenant_id, hook.hook_id, name, instrument)).fetchone()
        return None if row is None else (row[0], row[1])

    def add(self, signal: Signal) -> None:
        """Keep it, and as the latest of its name if it counts."""
        said = signal.incoming
        instrument = said.instrument or ""
        named = (signal.tenant_id, signal.signal_id, signal.hook_id, said.identity, signal.name, instrument)
        amounts = (said.action, signal.value, said.price, said.quantity, said.order_id)
        positions = (said.position, said.previous_position, said.said_at, signal.counted_at, signal.late_s)
        judged = (signal.state.value, signal.gap, signal.from_known_address, said.payload)
        self._connection.execute(_ADD, (*named, *amounts, *positions, *judged))
        if signal.state is SignalState.COUNTED:
            latest = (signal.tenant_id, signal.name, instrument, signal.signal_id, signal.value, signal.counted_at)
            self._connection.execute(_PUT_LATEST, latest)

    def hooks(self, tenant_id: TenantId) -> tuple[SignalHook, ...]:
        """Every hook, the oldest first."""
        return tuple(_hook(row) for row in self._connection.execute(_HOOKS, (tenant_id,)))

    def put_hook(self, hook: SignalHook, token_hash: bytes | None) -> None:
        """Keep a new hook with its token, or what changed of one."""
        chosen = (hook.name, hook.stale_after_s, hook.stale_policy.value, hook.signals_per_minute_max)
        if token_hash is None:
            self._connection.execute(_CHANGE_HOOK, (*chosen, hook.tenant_id, hook.hook_id))
        else:
            row = (hook.tenant_id, hook.hook_id, *chosen, hook.created_at, token_hash)
            self._connection.execute(_ADD_HOOK, row)

    def remove_hook(self, tenant_id: TenantId, hook_id: HookId) -> None:
        """Forget it."""
        self._connection.execute(_REMOVE_HOOK, (tenant_id, hook_id))

    def signals(self, tenant_id: TenantId, limit: int, before: tuple[datetime, SignalId] | None) -> Sequence[Signal]:
        """Signals, the newest first, from a place on."""
        at, signal_id = before or (None, None)
        wanted = {"tenant": tenant_id, "limit": limit, "at": at, "id": signal_id}
        return [_signal(row) for row in self._connection.execute(_PAGE, wanted)]


class PostgresSignalReader:
    """`SignalReader` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def latest(self, tenant_id: TenantId, name: str, instrument: str | None = None) -> Signal | None:
        """The newest signal of the name that counts."""
        wanted = {"tenant": tenant_id, "name": name, "instrument": instrument}
        row = self._connection.execute(_LATEST, wanted).fetchone()
        return None if row is None else _signal(row)


class PostgresSignalEvents:
    """`SignalEvents` by the outbox."""

    def __init__(self, connection: Connection) -> None:
        self._outbox = PostgresOutbox(connection)

    def add(
        self,
        tenant_id: TenantId,
        name: str,
        payload: Mapping[str, str | int | None],
        *,
        correlation_id: CorrelationId,
        at: datetime,
    ) -> None:
        """Keep the event until it is published."""
        self._outbox.add(tenant_id, Event(name=name, payload=payload), correlation_id, at)


class PostgresSignalUnits:
    """Opens transactions of a tenant, or of nobody until a token says whose."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @contextmanager
    def __call__(self, tenant_id: TenantId | None) -> Iterator[SignalUnit]:
        """A transaction."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            unit = unit_of(connection)
            desk = AlertDesk(unit.alerts, unit.channels, self._clock)
            yield SignalUnit(PostgresSignalStore(connection), PostgresSignalEvents(connection), desk)


def _hook(row: Sequence[Any]) -> SignalHook:
    tenant, hook_id, name, stale_after_s, stale_policy, per_minute, created_at, last_used_at = row
    return SignalHook(
        tenant_id=TenantId(tenant),
        hook_id=HookId(hook_id),
        name=name,
        stale_after_s=stale_after_s,
        stale_policy=StalePolicy(stale_policy),
        signals_per_minute_max=per_minute,
        created_at=created_at,
        last_used_at=last_used_at,
    )


def _signal(row: Sequence[Any]) -> Signal:
    tenant, signal_id, hook_id, identity, name, instrument, action, value, price, quantity, *more = row
    order_id, position, previous, said_at, received_at, late_s, state, gap, from_known_address, payload = more
    incoming = Incoming(
        identity=identity,
        is_exact=True,
        name=name,
        instrument=instrument or None,
        action=action,
        value=value,
        price=price,
        quantity=quantity,
        order_id=order_id,
        position=position,
        previous_position=previous,
        said_at=said_at,
        payload=payload,
    )
    return Signal(
        tenant_id=TenantId(tenant),
        signal_id=SignalId(signal_id),
        hook_id=HookId(hook_id),
        name=name,
        incoming=incoming,
        value=value,
        state=SignalState(state),
        gap=gap,
        late_s=late_s,
        from_known_address=from_known_address,
        counted_at=received_at,
    )
