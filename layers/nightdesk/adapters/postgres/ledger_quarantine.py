"""Facts of assets that nobody knows, and the names that people gave, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres.database import Connection
from nightdesk.adapters.postgres.inbox import PostgresInboxStore
from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.inbox_findings import fact_document, fact_of
from nightdesk.ledger.model import Fact
from nightdesk.ledger.naming import Names, unknown_codes, venue_of
from nightdesk.ledger.quarantine import Quarantined, Waiting, finding_of, identity_of

_NAMES = "SELECT venue, code, asset FROM asset_names WHERE tenant_id = %s"
_NAME = """
    INSERT INTO asset_names (tenant_id, venue, code, asset, named_at) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, venue, code) DO UPDATE SET asset = excluded.asset, named_at = excluded.named_at
"""
_KEEP = """
    INSERT INTO ledger_quarantine (tenant_id, account_id, identity, venue, codes, fact, told_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (tenant_id, account_id, identity) DO NOTHING
"""
_COLUMNS = "account_id, identity, venue, codes, fact, told_at"
_PAGE = f"""
    SELECT {_COLUMNS} FROM ledger_quarantine
    WHERE tenant_id = %(tenant)s AND released_at IS NULL
      AND (%(told_at)s::timestamptz IS NULL
        OR (told_at, account_id, identity) > (%(told_at)s, %(account)s::uuid, %(identity)s))
    ORDER BY told_at, account_id, identity LIMIT %(limit)s
"""  # noqa: S608 - constants
_WAITING = f"""
    SELECT {_COLUMNS} FROM ledger_quarantine
    WHERE tenant_id = %s AND released_at IS NULL AND venue = %s AND codes @> ARRAY[%s] ORDER BY account_id, told_at
    FOR UPDATE
"""  # noqa: S608 - constants
_RELEASE = """
    UPDATE ledger_quarantine SET released_at = %s WHERE tenant_id = %s AND account_id = %s AND identity = ANY(%s)
"""
_STILL = """
    SELECT DISTINCT unnest(codes) FROM ledger_quarantine
    WHERE tenant_id = %s AND account_id = %s AND released_at IS NULL
"""


def names(connection: Connection, tenant_id: TenantId) -> Names:
    """What the tenant said that codes mean."""
    rows = connection.execute(_NAMES, (tenant_id,))
    return {(VenueId(venue), AssetId(code)): AssetId(asset) for venue, code, asset in rows}


def keep(
    connection: Connection, tenant_id: TenantId, account_id: AccountId, facts: Sequence[Fact], told_at: datetime
) -> None:
    """Keep the facts, each identity once, and raise a finding for each code."""
    for fact in facts:
        row = (venue_of(fact), sorted(unknown_codes(fact)), Jsonb(fact_document(fact)), told_at)
        connection.execute(_KEEP, (tenant_id, account_id, fact.identity, *row))
    first = {code: fact for fact in reversed(facts) for code in unknown_codes(fact)}
    findings = [finding_of(account_id, code, fact) for code, fact in sorted(first.items())]
    PostgresInboxStore(connection).raise_(tenant_id, findings, told_at)


class PostgresQuarantineStore:
    """The quarantine in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def name(self, tenant_id: TenantId, venue: VenueId, code: AssetId, asset: AssetId, named_at: datetime) -> None:
        """Keep what a code means."""
        self._connection.execute(_NAME, (tenant_id, venue, code, asset, named_at))

    def page(self, tenant_id: TenantId, after: Waiting | None, limit: int) -> tuple[Quarantined, ...]:
        """Facts that wait, the longest waiting first."""
        place = {
            "told_at": after and after.told_at,
            "account": after and after.account_id,
            "identity": after and after.identity,
        }
        rows = self._connection.execute(_PAGE, {"tenant": tenant_id, "limit": limit, **place})
        return tuple(map(_quarantined, rows))

    def waiting(self, tenant_id: TenantId, venue: VenueId, code: AssetId) -> dict[AccountId, list[Fact]]:
        """Facts that wait for this code, locked, by account."""
        rows = self._connection.execute(_WAITING, (tenant_id, venue, code)).fetchall()
        grouped = groupby(map(_quarantined, rows), key=lambda each: each.account_id)
        return {account: [each.fact for each in theirs] for account, theirs in grouped}

    def release(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str], at: datetime) -> None:
        """They are in the ledger now; codes that nothing waits for any more leave the inbox."""
        before = self._codes(tenant_id, account_id)
        self._connection.execute(_RELEASE, (at, tenant_id, account_id, list(identities)))
        gone = before - self._codes(tenant_id, account_id)
        findings = [identity_of(account_id, code) for code in sorted(gone)]
        PostgresInboxStore(self._connection).vanish(tenant_id, findings, at)

    def _codes(self, tenant_id: TenantId, account_id: AccountId) -> frozenset[AssetId]:
        rows = self._connection.execute(_STILL, (tenant_id, account_id))
        return frozenset(map(AssetId, map(itemgetter(0), rows)))


def _quarantined(row: tuple[Any, ...]) -> Quarantined:
    account_id, identity, venue, codes, document, told_at = row
    return Quarantined(
        account_id=AccountId(account_id),
        venue=VenueId(venue),
        codes=tuple(map(AssetId, codes)),
        fact=fact_of(document, identity),
        told_at=told_at,
    )
