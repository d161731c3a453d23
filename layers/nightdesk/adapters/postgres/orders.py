"""Orders in PostgreSQL: one row each, and a step for every change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString

from nightdesk.adapters.postgres.accounts import PostgresAccountStore
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.order_rows import COLUMNS, order_of, row_of
from nightdesk.adapters.postgres.outbox import PostgresOutbox
from nightdesk.adapters.postgres.trading import PLATFORM_LOCK, PostgresAudit, PostgresHalts, PostgresLimits
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.markets.orders import OrderName
from nightdesk.orders.model import Order, OrderId, OrderScope
from nightdesk.orders.ports import Held, OrderStep, OrderUnit

_OVER = "('filled', 'cancelled', 'rejected')"

_GATE = """
    SELECT pg_advisory_xact_lock_shared(%s), pg_advisory_xact_lock(hashtextextended('orders:' || %s::text, 0))
"""
_ADD = f"""
    INSERT INTO orders ({COLUMNS}) VALUES ({", ".join(["%s"] * len(COLUMNS.split(",")))}) ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants
_GET = f"SELECT {COLUMNS} FROM orders WHERE tenant_id = %s AND order_id = %s"  # noqa: S608 - constants
_LOCK = f"{_GET} FOR UPDATE"
_LOCK_NAMED = f"""
    SELECT {COLUMNS} FROM orders WHERE tenant_id = %s AND account_id = %s AND instrument = %s
      AND (venue_order_id = %s OR (venue_order_id IS NULL AND client_order_id = %s))
    ORDER BY venue_order_id NULLS LAST LIMIT 1 FOR UPDATE
"""  # noqa: S608 - constants
_SAVE = """
    UPDATE orders SET venue_order_id = %s, quantity = %s, state = %s, code = %s, message = %s, filled = %s,
      filled_quote = %s, sent_at = %s, updated_at = %s, filled_at = %s, looked_at = %s, cancel_wanted_at = %s
    WHERE tenant_id = %s AND order_id = %s
"""
_STEP = """
    INSERT INTO order_steps (tenant_id, order_id, at, state, filled, code, source)
    SELECT %(tenant)s, %(order)s, %(at)s, %(state)s, %(filled)s, %(code)s, %(source)s
    WHERE NOT EXISTS (
      SELECT FROM (SELECT state, filled, code FROM order_steps WHERE tenant_id = %(tenant)s AND order_id = %(order)s
        ORDER BY number DESC LIMIT 1) AS last
      WHERE last.state = %(state)s AND last.filled = %(filled)s AND last.code IS NOT DISTINCT FROM %(code)s)
"""
_STEPS = """
    SELECT at, state, filled, code, source FROM order_steps WHERE tenant_id = %s AND order_id = %s ORDER BY number
"""
_OF_SCOPE = """
    tenant_id = %(tenant)s AND (%(account)s::uuid IS NULL OR account_id = %(account)s)
      AND (%(instrument)s::text IS NULL OR instrument = %(instrument)s)
"""
_PAGE = f"""
    SELECT {COLUMNS} FROM orders WHERE {_OF_SCOPE}
      AND (%(before)s::timestamptz IS NULL OR (created_at, order_id) < (%(before)s, %(before_id)s::uuid))
    ORDER BY created_at DESC, order_id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants
_LIVE = f"SELECT {COLUMNS} FROM orders WHERE {_OF_SCOPE} AND state NOT IN {_OVER} ORDER BY created_at, order_id"  # noqa: S608 - constants
_LIVE_PAGE = _PAGE.replace("ORDER BY", f"AND state NOT IN {_OVER} ORDER BY")
_SUBMITTED = """
    SELECT count(*) FROM orders WHERE tenant_id = %s AND (%s::uuid IS NULL OR account_id = %s)
      AND created_at > %s AND NOT adopted
"""
_SOLD = """
    SELECT coalesce(sum(o.filled - coalesce((
      SELECT s.filled FROM order_steps AS s WHERE s.tenant_id = o.tenant_id AND s.order_id = o.order_id
        AND s.at <= r.reported_at ORDER BY s.number DESC LIMIT 1), 0)), 0)
    FROM reported_balances AS r JOIN orders AS o ON o.tenant_id = r.tenant_id AND o.account_id = r.account_id
    WHERE r.tenant_id = %s AND r.account_id = %s AND r.asset = %s AND r.wallet = 'spot' AND o.side = 'sell'
      AND split_part(split_part(o.instrument, ':', 2), '/', 1) = r.asset AND o.filled_at > r.reported_at
"""
_HELD = """
    SELECT b.account_id, b.asset, b.free, b.locked, b.reported_at FROM reported_balances AS b
    JOIN accounts AS a ON a.tenant_id = b.tenant_id AND a.account_id = b.account_id
    WHERE b.tenant_id = %s AND b.wallet = 'spot' AND a.state IN ('active', 'failing')
      AND (%s::uuid[] IS NULL OR b.account_id = ANY(%s))
"""
_BASE_ASSET = "SELECT base_asset FROM tenants WHERE tenant_id = %s"


class PostgresOrders:
    """Orders in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def gate(self, tenant_id: TenantId) -> None:
        """Be the one transaction that judges or halts the tenant's orders, until it ends."""
        self._connection.execute(_GATE, (PLATFORM_LOCK, tenant_id))

    def add(self, order: Order) -> bool:
        """Keep a new order and its first step; False if there is one of this id."""
        added = self._connection.execute(_ADD, row_of(order)).rowcount == 1
        if added:
            self._step(order, "desk")
        return added

    def get(self, tenant_id: TenantId, order_id: OrderId) -> Order | None:
        """The order."""
        return self._one(_GET, (tenant_id, order_id))

    def lock(self, tenant_id: TenantId, order_id: OrderId) -> Order | None:
        """The order, its row locked until the transaction ends."""
        return self._one(_LOCK, (tenant_id, order_id))

    def lock_named(self, tenant_id: TenantId, account_id: AccountId, name: OrderName) -> Order | None:
        """The order that a venue names, its row locked.

        Client order ids of others may come again once an order is over: they only find one that has no venue's id.
        """
        named = (str(name.instrument), name.venue_order_id, name.client_order_id)
        return self._one(_LOCK_NAMED, (tenant_id, account_id, *named))

    def save(self, order: Order, source: str) -> None:
        """Keep what changed of a locked order, and the step if its state, fill or code changed."""
        row = (
            order.venue_order_id,
            order.quantity,
            order.state.value,
            order.code,
            order.message,
            order.filled,
            order.filled_quote,
            order.sent_at,
            order.updated_at,
            order.filled_at,
            order.looked_at,
            order.cancel_wanted_at,
        )
        self._connection.execute(_SAVE, (*row, order.tenant_id, order.order_id))
        self._step(order, source)

    def page(self, tenant_id: TenantId, scope: OrderScope, *, before: Order | None, limit: int) -> tuple[Order, ...]:
        """The newest first, from before the given one."""
        place = {"before": before.created_at if before else None, "before_id": before.order_id if before else None}
        query = _LIVE_PAGE if scope.live else _PAGE
        rows = self._connection.execute(query, {**_scope(tenant_id, scope), **place, "limit": limit})
        return tuple(map(order_of, rows))

    def live(self, tenant_id: TenantId, scope: OrderScope) -> tuple[Order, ...]:
        """Every order of the scope that is not over, oldest first."""
        return tuple(map(order_of, self._connection.execute(_LIVE, _scope(tenant_id, scope))))

    def steps(self, tenant_id: TenantId, order_id: OrderId) -> tuple[OrderStep, ...]:
        """What the order went through, oldest first."""
        rows = self._connection.execute(_STEPS, (tenant_id, order_id))
        return tuple(
            OrderStep(at=at, state=state, filled=filled, code=code, source=source)
            for at, state, filled, code, source in rows
        )

    def submitted_since(self, tenant_id: TenantId, account_id: AccountId | None, since: datetime) -> int:
        """How many orders were submitted since then."""
        row = self._connection.execute(_SUBMITTED, (tenant_id, account_id, account_id, since)).fetchone()
        return int(row[0]) if row else 0

    def sold_since_reported(self, tenant_id: TenantId, account_id: AccountId, asset: AssetId) -> Decimal:
        """What was sold of the asset that the reported balance does not show yet."""
        row = self._connection.execute(_SOLD, (tenant_id, account_id, asset)).fetchone()
        return Decimal(row[0]) if row else Decimal(0)

    def held(self, tenant_id: TenantId, accounts: Collection[AccountId] | None = None) -> tuple[Held, ...]:
        """Reported balances of connected accounts."""
        wanted = None if accounts is None else list(accounts)
        rows = self._connection.execute(_HELD, (tenant_id, wanted, wanted))
        return tuple(
            Held(account_id=AccountId(account), asset=AssetId(asset), free=free, locked=locked, reported_at=at)
            for account, asset, free, locked, at in rows
        )

    def base_asset(self, tenant_id: TenantId) -> AssetId:
        """What the tenant's limits are stated in.

        Raises:
            NotFound: There is no such tenant.
        """
        row = self._connection.execute(_BASE_ASSET, (tenant_id,)).fetchone()
        if row is None:
            raise NotFound("portfolio.tenant_unknown", "There is no such portfolio.")
        return AssetId(row[0])

    def _step(self, order: Order, source: str) -> None:
        step = {
            "tenant": order.tenant_id,
            "order": order.order_id,
            "at": order.updated_at,
            "state": order.state.value,
            "filled": order.filled,
            "code": order.code,
            "source": source,
        }
        self._connection.execute(_STEP, step)

    def _one(self, query: LiteralString, parameters: Sequence[object]) -> Order | None:
        row = self._connection.execute(query, parameters).fetchone()
        return None if row is None else order_of(row)


class PostgresOrderUnits:
    """Opens transactions on orders, limits, halts, accounts and the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[OrderUnit]:
        """A transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield order_unit(connection)


def order_unit(connection: Connection) -> OrderUnit:
    """The stores in the transaction of one connection."""
    return OrderUnit(
        orders=PostgresOrders(connection),
        limits=PostgresLimits(connection),
        halts=PostgresHalts(connection),
        accounts=PostgresAccountStore(connection),
        outbox=PostgresOutbox(connection),
        audit=PostgresAudit(connection),
    )


def _scope(tenant_id: TenantId, scope: OrderScope) -> dict[str, Any]:
    instrument = None if scope.instrument is None else str(scope.instrument)
    return {"tenant": tenant_id, "account": scope.account_id, "instrument": instrument}
