"""Balances at any instant, the ledger as it was known, and anchors, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.inbox import PostgresInboxStore
from nightdesk.kernel.assets import AssetId, Wallet
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.anchors import Anchor, Chain
from nightdesk.ledger.balances import Balance, BalanceQuery
from nightdesk.ledger.inbox import Finding
from nightdesk.ledger.model import Head
from nightdesk.ledger.signatures import public_key

_EVER = datetime(9999, 1, 1, tzinfo=UTC)
# Laterals with OFFSET 0 stay look-ups by key, also where statistics know nothing of the tenant.
BALANCES = """
    WITH moved AS (
      SELECT account_id, wallet, asset, amount FROM ledger_sums
      WHERE tenant_id = %(tenant)s AND span = 'month' AND starts_on < %(month)s
        AND (%(account)s::uuid IS NULL OR account_id = %(account)s)
      UNION ALL
      SELECT account_id, wallet, asset, amount FROM ledger_sums
      WHERE tenant_id = %(tenant)s AND span = 'day' AND starts_on >= %(month)s AND starts_on < %(day)s
        AND (%(account)s::uuid IS NULL OR account_id = %(account)s)
      UNION ALL
      SELECT entry.account_id, leg.wallet, leg.asset, leg.amount FROM ledger_entries AS entry
      CROSS JOIN LATERAL (
        SELECT wallet, asset, amount FROM ledger_legs
        WHERE tenant_id = %(tenant)s AND account_id = entry.account_id AND sequence = entry.sequence OFFSET 0
      ) AS leg
      WHERE entry.tenant_id = %(tenant)s AND entry.occurred_at >= %(day_starts)s AND entry.occurred_at <= %(at)s
        AND (%(account)s::uuid IS NULL OR entry.account_id = %(account)s)
      UNION ALL
      SELECT later.account_id, leg.wallet, leg.asset, -leg.amount FROM (
        SELECT head.account_id, entry.sequence FROM ledger_heads AS head
        CROSS JOIN LATERAL (
          SELECT sequence FROM ledger_entries
          WHERE tenant_id = %(tenant)s AND account_id = head.account_id AND recorded_at > %(known_on)s
            AND occurred_at <= %(at)s OFFSET 0
        ) AS entry
        WHERE head.tenant_id = %(tenant)s AND head.recorded_at > %(known_on)s
          AND (%(account)s::uuid IS NULL OR head.account_id = %(account)s)
      ) AS later
      CROSS JOIN LATERAL (
        SELECT wallet, asset, amount FROM ledger_legs
        WHERE tenant_id = %(tenant)s AND account_id = later.account_id AND sequence = later.sequence OFFSET 0
      ) AS leg
    )
    SELECT account_id, wallet, asset, sum(amount) FROM moved
    GROUP BY account_id, wallet, asset HAVING sum(amount) <> 0 ORDER BY account_id, wallet, asset
"""
_KNOWN_HEAD = """
    SELECT sequence, hash, recorded_at FROM ledger_entries
    WHERE tenant_id = %s AND account_id = %s AND recorded_at <= %s ORDER BY recorded_at DESC, sequence DESC LIMIT 1
"""
_ANCHOR_COLUMNS = "sequence, hash, anchored_at, public_key, signature"
_ANCHORS = f"""
    SELECT {_ANCHOR_COLUMNS} FROM ledger_anchors
    WHERE tenant_id = %s AND account_id = %s AND anchored_at <= %s ORDER BY sequence DESC LIMIT %s
"""  # noqa: S608 - constants
_ADD_ANCHOR = f"""
    INSERT INTO ledger_anchors (tenant_id, account_id, {_ANCHOR_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, account_id, sequence) DO NOTHING
"""  # noqa: S608 - constants
_HEAD = "SELECT sequence, hash, recorded_at FROM ledger_heads WHERE tenant_id = %s AND account_id = %s"
_HASH_AT = "SELECT hash FROM ledger_entries WHERE tenant_id = %s AND account_id = %s AND sequence = %s"
_UNANCHORED = """
    SELECT head.tenant_id, head.account_id FROM ledger_heads AS head
    WHERE head.sequence > coalesce((SELECT max(anchor.sequence) FROM ledger_anchors AS anchor
      WHERE anchor.tenant_id = head.tenant_id AND anchor.account_id = head.account_id), 0)
    ORDER BY head.tenant_id, head.account_id LIMIT %s
"""


def balances(connection: Connection, tenant_id: TenantId, wanted: BalanceQuery) -> tuple[Balance, ...]:
    """Balances that are not zero, by account, wallet and asset."""
    rows = connection.execute(BALANCES, balance_parameters(tenant_id, wanted))
    return tuple(
        Balance(account_id=AccountId(account), wallet=Wallet(wallet), asset=AssetId(asset), quantity=quantity)
        for account, wallet, asset, quantity in rows
    )


def balance_parameters(tenant_id: TenantId, wanted: BalanceQuery) -> dict[str, object]:
    """What `BALANCES` is asked with; without an instant it is the months alone."""
    at = min(wanted.at or _EVER, _EVER).astimezone(UTC)
    day_starts = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "tenant": tenant_id,
        "account": wanted.account_id,
        "at": at,
        "day_starts": day_starts,
        "day": day_starts.date(),
        "month": day_starts.date().replace(day=1),
        "known_on": wanted.known_on or _EVER + timedelta(days=1),
    }


def known_head(connection: Connection, tenant_id: TenantId, account_id: AccountId, known_on: datetime) -> Head:
    """The end of the account's chain as it was known at an instant."""
    row = connection.execute(_KNOWN_HEAD, (tenant_id, account_id, known_on)).fetchone()
    return Head(*row) if row else Head()


def anchors(
    connection: Connection, tenant_id: TenantId, account_id: AccountId, until: datetime | None, limit: int
) -> tuple[Anchor, ...]:
    """The newest anchors of the account, signed until the instant, the oldest first."""
    rows = connection.execute(_ANCHORS, (tenant_id, account_id, until or _EVER, limit)).fetchall()
    return tuple(_anchor(tenant_id, account_id, row) for row in reversed(rows))


class PostgresAnchorStore:
    """What anchoring reads and keeps, in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        """The end of the account's chain."""
        row = self._connection.execute(_HEAD, (tenant_id, account_id)).fetchone()
        return Head(*row) if row else Head()

    def hash_at(self, tenant_id: TenantId, account_id: AccountId, sequence: int) -> bytes | None:
        """The stored hash of an entry."""
        row = self._connection.execute(_HASH_AT, (tenant_id, account_id, sequence)).fetchone()
        return row[0] if row else None

    def add_anchor(self, anchor: Anchor) -> None:
        """Keep the anchor beside the chain."""
        place = (anchor.tenant_id, anchor.account_id, anchor.sequence)
        told = (anchor.hash, anchor.anchored_at, str(anchor.key), anchor.signature)
        self._connection.execute(_ADD_ANCHOR, (*place, *told))

    def tell(self, tenant_id: TenantId, findings: Sequence[Finding], at: datetime) -> None:
        """Put findings in the inbox."""
        PostgresInboxStore(self._connection).raise_(tenant_id, findings, at)


class PostgresAnchorUnits:
    """Opens transactions for anchoring."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[PostgresAnchorStore]:
        """A transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield PostgresAnchorStore(connection)


class PostgresChainsToAnchor:
    """Chains of every tenant; needs the outbox's role, which sees their lengths only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unanchored(self, limit: int) -> Collection[Chain]:
        """Chains that grew since their last anchor."""
        with self._database.transaction() as connection:
            rows = connection.execute(_UNANCHORED, (limit,)).fetchall()
        return [(TenantId(tenant), AccountId(account)) for tenant, account in rows]


def _anchor(tenant_id: TenantId, account_id: AccountId, row: tuple[Any, ...]) -> Anchor:
    sequence, entry_hash, anchored_at, key, signature = row
    return Anchor(
        tenant_id=tenant_id,
        account_id=account_id,
        sequence=sequence,
        hash=entry_hash,
        anchored_at=anchored_at,
        key=public_key(key),
        signature=signature,
    )
