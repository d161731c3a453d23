"""What an account's ledger holds, compared with files; entries of files that a venue tells of; files that wait."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from nightdesk.accounts.files.ports import FilesUnit
from nightdesk.accounts.files.span import VenueSpan
from nightdesk.accounts.files.stored import FileId, FileJob
from nightdesk.accounts.horizon import told_since
from nightdesk.adapters.postgres.accounts import PostgresAccountStore
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.files import PostgresFileStore
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.postgres.outbox import PostgresOutbox
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole

# Two scans, merged: a planner without statistics about a new tenant makes a nested loop of a join.
_BETWEEN = """
    SELECT sequence, kind, identity, source, occurred_at FROM ledger_entries AS entry
    WHERE tenant_id = %s AND account_id = %s AND occurred_at >= %s AND occurred_at < %s AND kind <> 'reversal'
      AND NOT EXISTS (
        SELECT FROM ledger_entries AS back
        WHERE back.tenant_id = entry.tenant_id AND back.account_id = entry.account_id
          AND back.identity = 'reversal:' || entry.entry_id)
    ORDER BY occurred_at, sequence
"""
_LEGS = """
    SELECT sequence, role, asset, amount FROM ledger_legs
    WHERE tenant_id = %s AND account_id = %s AND sequence = ANY(%s) ORDER BY sequence, position
"""
_BOOKED = "SELECT identity FROM ledger_entries WHERE tenant_id = %s AND account_id = %s AND identity = ANY(%s)"
_VENUE_SPAN = """
    SELECT min(occurred_at), max(occurred_at), a.venue,
      (SELECT min(started_at) FROM imports i WHERE i.tenant_id = a.tenant_id AND i.account_id = a.account_id)
    FROM accounts a JOIN ledger_entries e ON e.tenant_id = a.tenant_id AND e.account_id = a.account_id
    WHERE a.tenant_id = %s AND a.account_id = %s AND e.identity NOT LIKE 'file:%%' AND e.kind <> 'reversal'
    GROUP BY a.tenant_id, a.account_id, a.venue
"""
_HAS_FILES = """
    SELECT EXISTS (SELECT FROM files WHERE tenant_id = %s AND account_id = %s AND entries > 0)
"""
_CLAIMED = "SELECT identity FROM file_claims WHERE tenant_id = %s AND account_id = %s AND identity = ANY(%s)"
_CLAIMED_ENTRIES = """
    SELECT file_identity FROM file_claims WHERE tenant_id = %s AND account_id = %s AND file_identity = ANY(%s)
"""
_CLAIM = """
    INSERT INTO file_claims (tenant_id, account_id, identity, file_identity, claimed_at)
    SELECT %s, %s, identity, file_identity, %s FROM unnest(%s::text[], %s::text[]) AS claimed (identity, file_identity)
"""
_SILENT = """
    SELECT tenant_id, account_id, file_id, correlation_id FROM files
    WHERE state IN ('queued', 'running') AND coalesce(heartbeat_at, uploaded_at) < %s ORDER BY uploaded_at LIMIT %s
"""


class PostgresKnownEvents:
    """`KnownEvents` and `ClaimStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, tenant_id: TenantId, account_id: AccountId) -> None:
        """Let nobody else append to the account's ledger until the transaction ends."""
        PostgresLedgerStore(self._connection).lock_head(tenant_id, account_id)

    def between(self, tenant_id: TenantId, account_id: AccountId, span: tuple[datetime, datetime]) -> tuple[Fact, ...]:
        """Events within the span (its end exclusive), without those that were taken back."""
        entries = self._connection.execute(_BETWEEN, (tenant_id, account_id, *span)).fetchall()
        if not entries:
            return ()
        sequences = [row[0] for row in entries]
        legs = _by_sequence(self._connection.execute(_LEGS, (tenant_id, account_id, sequences)))
        return tuple(_fact(row, legs[row[0]]) for row in entries)

    def booked(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> frozenset[str]:
        """Those of the identities that the account's ledger holds."""
        return self._texts(_BOOKED, (tenant_id, account_id, list(identities)))

    def venue_span(self, tenant_id: TenantId, account_id: AccountId) -> VenueSpan | None:
        """From when until when the venue itself told; None if it told nothing."""
        row = self._connection.execute(_VENUE_SPAN, (tenant_id, account_id)).fetchone()
        if row is None:
            return None
        first_at, last_at, venue, imported_at = row
        since = None if imported_at is None else told_since(venue, imported_at)
        return VenueSpan(first_at=first_at, last_at=last_at, trades_since=since)

    def has_files(self, tenant_id: TenantId, account_id: AccountId) -> bool:
        """Whether the account's ledger holds an event of a file."""
        row = self._connection.execute(_HAS_FILES, (tenant_id, account_id)).fetchone()
        return bool(row and row[0])

    def claimed(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> frozenset[str]:
        """Those of the venue's identities that stand for an entry of a file."""
        return self._texts(_CLAIMED, (tenant_id, account_id, list(identities)))

    def unclaimed(
        self, tenant_id: TenantId, account_id: AccountId, span: tuple[datetime, datetime]
    ) -> tuple[Fact, ...]:
        """Events of files within the span that no identity of the venue stands for."""
        facts = [fact for fact in self.between(tenant_id, account_id, span) if fact.identity.startswith("file:")]
        taken = self._texts(_CLAIMED_ENTRIES, (tenant_id, account_id, [fact.identity for fact in facts]))
        return tuple(fact for fact in facts if fact.identity not in taken)

    def claim(
        self, tenant_id: TenantId, account_id: AccountId, claims: Mapping[str, str], claimed_at: datetime
    ) -> None:
        """Keep which identity of the venue stands for which entry of a file."""
        row = (tenant_id, account_id, claimed_at, list(claims), list(claims.values()))
        self._connection.execute(_CLAIM, row)

    def _texts(self, query: str, parameters: tuple[object, ...]) -> frozenset[str]:
        return frozenset(text for (text,) in self._connection.execute(query.encode(), parameters))


class PostgresFilesUnits:
    """Opens transactions on files, accounts and what is known of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[FilesUnit]:
        """A transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield FilesUnit(
                PostgresFileStore(connection),
                PostgresAccountStore(connection),
                PostgresKnownEvents(connection),
                PostgresOutbox(connection),
            )


class PostgresSilentFiles:
    """Files of every tenant that wait; needs the outbox's own role."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def silent(self, silent_since: datetime, limit: int) -> tuple[FileJob, ...]:
        """Open ones without a sign of life since then, the oldest first."""
        with self._database.transaction() as connection:
            rows = connection.execute(_SILENT, (silent_since, limit)).fetchall()
        return tuple(
            FileJob(
                tenant_id=TenantId(tenant),
                account_id=AccountId(account),
                file_id=FileId(file_id),
                correlation_id=CorrelationId(correlation),
            )
            for tenant, account, file_id, correlation in rows
        )


def _by_sequence(rows: Iterable[Sequence[Any]]) -> dict[int, list[Leg]]:
    found: dict[int, list[Leg]] = {}
    for sequence, role, asset, amount in rows:
        found.setdefault(sequence, []).append(Leg(role=LegRole(role), asset=AssetId(asset), amount=amount))
    return found


def _fact(row: Sequence[Any], legs: Sequence[Leg]) -> Fact:
    _, kind, identity, source, occurred_at = row
    return Fact(kind=EntryKind(kind), identity=identity, source=source, occurred_at=occurred_at, legs=tuple(legs))
