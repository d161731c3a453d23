"""The ledger in PostgreSQL: set-based appends, pages along indexes, chains streamed by server-side cursors."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.ledger_page import page_query
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.errors import Broken
from nightdesk.kernel.ids import AccountId, CorrelationId, EntryId, TenantId
from nightdesk.ledger.model import Entry, EntryFilter, EntryKind, Fact, Head, Leg, LegRole, Place

_STREAM_ROWS = 5000
_LOCK_HEAD = """
    INSERT INTO ledger_heads AS head (tenant_id, account_id, sequence, hash) VALUES (%s, %s, 0, %s)
    ON CONFLICT (tenant_id, account_id) DO UPDATE SET sequence = head.sequence
    RETURNING sequence, hash
"""
_HEAD = "SELECT sequence, hash FROM ledger_heads WHERE tenant_id = %s AND account_id = %s"
_MOVE_HEAD = "UPDATE ledger_heads SET sequence = %s, hash = %s WHERE tenant_id = %s AND account_id = %s"
_KNOWN = "SELECT identity FROM ledger_entries WHERE tenant_id = %s AND account_id = %s AND identity = ANY(%s)"
_ADD_ENTRIES = """
    INSERT INTO ledger_entries (tenant_id, account_id, sequence, entry_id, kind, identity, source, instrument, order_id,
      occurred_at, recorded_at, correlation_id, previous_hash, hash)
    SELECT %s, %s, * FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
      %s::timestamptz[], %s::timestamptz[], %s::text[], %s::bytea[], %s::bytea[])
"""
_ADD_LEGS = """
    INSERT INTO ledger_legs (tenant_id, account_id, sequence, position, role, asset, amount, occurred_at)
    SELECT %s, %s, * FROM unnest(%s::bigint[], %s::smallint[], %s::text[], %s::text[], %s::numeric[], %s::timestamptz[])
"""
_CHAIN = """
    SELECT account_id, sequence, entry_id, kind, identity, source, instrument, order_id, occurred_at, recorded_at,
      correlation_id, previous_hash, hash
    FROM ledger_entries WHERE tenant_id = %s AND account_id = %s ORDER BY sequence
"""
_CHAIN_LEGS = """
    SELECT sequence, role, asset, amount
    FROM ledger_legs WHERE tenant_id = %s AND account_id = %s ORDER BY sequence, position
"""
_HISTORY = """
    SELECT e.account_id, e.sequence, e.entry_id, e.kind, e.identity, e.source, e.instrument, e.order_id, e.occurred_at,
      e.recorded_at, e.correlation_id, e.previous_hash, e.hash,
      array_agg(l.role ORDER BY l.position), array_agg(l.asset ORDER BY l.position),
      array_agg(l.amount ORDER BY l.position)
    FROM ledger_entries AS e JOIN ledger_legs AS l USING (tenant_id, account_id, sequence)
    WHERE e.tenant_id = %(tenant)s AND e.account_id = %(account)s
      AND l.tenant_id = %(tenant)s AND l.account_id = %(account)s
    GROUP BY e.tenant_id, e.account_id, e.sequence
    HAVING bool_or(l.asset = ANY(%(assets)s))
    ORDER BY e.occurred_at, e.sequence
"""
_ACCOUNTS = "SELECT account_id FROM ledger_heads WHERE tenant_id = %s ORDER BY account_id"

_ROLES = {role.value: role for role in LegRole}
_KINDS = {kind.value: kind for kind in EntryKind}


class PostgresLedgerStore:
    """The ledger's store in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock_head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        """The end of the account's chain, its row locked until the transaction ends."""
        row = self._connection.execute(_LOCK_HEAD, (tenant_id, account_id, Head().hash)).fetchone()
        if row is None:
            raise Broken("ledger.head_lost", "The head of a chain could not be locked.")
        return Head(row[0], row[1])

    def head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        """The end of the account's chain."""
        row = self._connection.execute(_HEAD, (tenant_id, account_id)).fetchone()
        return Head(row[0], row[1]) if row else Head()

    def known(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> frozenset[str]:
        """Those of the identities that the account's chain holds, by one index scan."""
        rows = self._connection.execute(_KNOWN, (tenant_id, account_id, list(identities)))
        return frozenset(identity for (identity,) in rows)

    def add(self, tenant_id: TenantId, account_id: AccountId, entries: Sequence[Entry]) -> None:
        """Keep the entries and their legs in two statements, and move the head."""
        columns = map(list, zip(*map(_entry_row, entries), strict=True))
        legs = map(list, zip(*(row for entry in entries for row in _leg_rows(entry)), strict=True))
        last = entries[-1]
        with self._connection.pipeline():
            self._connection.execute(_ADD_ENTRIES, (tenant_id, account_id, *columns))
            self._connection.execute(_ADD_LEGS, (tenant_id, account_id, *legs))
            self._connection.execute(_MOVE_HEAD, (last.sequence, last.hash, tenant_id, account_id))

    def newest(self, tenant_id: TenantId, wanted: EntryFilter, before: Place | None, limit: int) -> tuple[Entry, ...]:
        """At most so many entries, newest first, read along the index that fits the filter."""
        query, parameters = page_query(tenant_id, wanted, before, limit)
        rows = self._connection.execute(query, parameters)
        return tuple(_entry(tenant_id, row[:13], _legs(zip(*row[13:], strict=True))) for row in rows)

    def chain(self, tenant_id: TenantId, account_id: AccountId) -> Iterator[Entry]:
        """Every entry of the account by sequence, 5,000 rows at a time."""
        entries = self._connection.cursor("chain_entries")
        legs = self._connection.cursor("chain_legs")
        with entries, legs:
            entries.itersize = legs.itersize = _STREAM_ROWS
            entries.execute(_CHAIN, (tenant_id, account_id))
            legs.execute(_CHAIN_LEGS, (tenant_id, account_id))
            yield from _merged(tenant_id, iter(entries), iter(legs))

    def history(self, tenant_id: TenantId, account_id: AccountId, assets: Collection[AssetId]) -> Iterator[Entry]:
        """The account's entries with a leg of any of the assets, by instant, then sequence, 5,000 rows at a time."""
        with self._connection.cursor("history") as rows:
            rows.itersize = _STREAM_ROWS
            rows.execute(_HISTORY, {"tenant": tenant_id, "account": account_id, "assets": list(assets)})
            for row in rows:
                yield _entry(tenant_id, row[:13], _legs(zip(*row[13:], strict=True)))

    def accounts(self, tenant_id: TenantId) -> tuple[AccountId, ...]:
        """Accounts that have a chain, in the order of their ids."""
        return tuple(AccountId(account) for (account,) in self._connection.execute(_ACCOUNTS, (tenant_id,)))


class PostgresLedgerReads:
    """Opens transactions in which the ledger stands still."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[PostgresLedgerStore]:
        """A store in a read-only transaction that sees one moment throughout."""
        with self._database.transaction(tenant_id=tenant_id, snapshot=True) as connection:
            yield PostgresLedgerStore(connection)


def _entry_row(entry: Entry) -> tuple[object, ...]:
    fact = entry.fact
    return (
        entry.sequence,
        entry.entry_id,
        fact.kind.value,
        fact.identity,
        fact.source,
        None if fact.instrument is None else str(fact.instrument),
        fact.order_id,
        fact.occurred_at,
        entry.recorded_at,
        entry.correlation_id,
        entry.previous_hash,
        entry.hash,
    )


def _leg_rows(entry: Entry) -> Iterator[tuple[object, ...]]:
    for position, leg in enumerate(entry.fact.legs):
        yield entry.sequence, position, leg.role.value, leg.asset, leg.amount, entry.fact.occurred_at


def _merged(
    tenant_id: TenantId, entries: Iterator[tuple[Any, ...]], legs: Iterator[tuple[Any, ...]]
) -> Iterator[Entry]:
    """The entries with their legs, both streams being in the order of the sequence."""
    ahead = next(legs, None)
    for row in entries:
        sequence, mine = row[1], []
        while ahead is not None and ahead[0] <= sequence:
            if ahead[0] == sequence:
                mine.append(ahead[1:])
            ahead = next(legs, None)
        yield _entry(tenant_id, row, _legs(mine))


def _legs(rows: Iterator[tuple[str, str, Decimal]] | list[tuple[str, str, Decimal]]) -> tuple[Leg, ...]:
    return tuple(Leg(role=_ROLES[role], asset=AssetId(asset), amount=amount) for role, asset, amount in rows)


def _entry(tenant_id: TenantId, row: tuple[Any, ...], legs: tuple[Leg, ...]) -> Entry:
    account, sequence, entry, kind, identity, source, instrument, order, occurred, recorded, correlation, *hashes = row
    fact = Fact(
        kind=_KINDS[kind],
        identity=identity,
        source=source,
        occurred_at=occurred,
        legs=legs,
        instrument=None if instrument is None else parse_instrument(instrument),
        order_id=order,
    )
    return Entry(
        tenant_id=tenant_id,
        account_id=AccountId(account),
        sequence=sequence,
        entry_id=EntryId(entry),
        fact=fact,
        recorded_at=recorded,
        correlation_id=CorrelationId(correlation),
        previous_hash=hashes[0],
        hash=hashes[1],
    )
