"""The ledger in PostgreSQL: set-based appends, pages along indexes, chains streamed by server-side cursors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.ledger_page import page_query
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.errors import Broken
from nightdesk.kernel.ids import AccountId, CorrelationId, EntryId, TenantId
from nightdesk.ledger.model import Entry, EntryFilter, EntryKind, Fact, Head, Leg, LegRole, Place

Row = tuple[Any, ...]

_STREAM_ROWS = 5000
_SEQUENCE, _OCCURRED_AT = 1, 8  # where they stand in an entry's row
_CHAIN_WIDTH = 4  # columns of a leg's row in a chain: the sequence and the leg
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
_HISTORY = _CHAIN.replace("ORDER BY sequence", "ORDER BY occurred_at, sequence")
_HISTORY_LEGS = """
    SELECT occurred_at, sequence, role, asset, amount
    FROM ledger_legs WHERE tenant_id = %s AND account_id = %s ORDER BY occurred_at, sequence, position
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
        return tuple(_entry(tenant_id, row[:-3], _legs(zip(*row[-3:], strict=True))) for row in rows)

    def chain(self, tenant_id: TenantId, account_id: AccountId) -> Iterator[Entry]:
        """Every entry of the account by sequence, 5,000 rows at a time."""
        key = itemgetter(_SEQUENCE)
        for row, legs in self._merged(_CHAIN, _CHAIN_LEGS, (tenant_id, account_id), key):
            yield _entry(tenant_id, row, _legs(legs))

    def history(self, tenant_id: TenantId, account_id: AccountId, assets: Collection[AssetId]) -> Iterator[Entry]:
        """The account's entries with a leg of any of the assets, by instant, then sequence, 5,000 rows at a time."""
        wanted, key = frozenset(assets), itemgetter(_OCCURRED_AT, _SEQUENCE)
        for row, legs in self._merged(_HISTORY, _HISTORY_LEGS, (tenant_id, account_id), key):
            if not wanted.isdisjoint(asset for _, asset, _ in legs):
                yield _entry(tenant_id, row, _legs(legs))

    def accounts(self, tenant_id: TenantId) -> tuple[AccountId, ...]:
        """Accounts that have a chain, in the order of their ids."""
        return tuple(AccountId(account) for (account,) in self._connection.execute(_ACCOUNTS, (tenant_id,)))

    def _merged(
        self, entries: str, legs: str, parameters: tuple[object, ...], key: Callable[[Row], object]
    ) -> Iterator[tuple[Row, list[Row]]]:
        """Entries' rows with their legs' rows, from two streams in the order of the same key.

        Two scans and no join: a planner without statistics about a new tenant makes a nested loop of a join.
        """
        with self._connection.cursor("entries") as rows, self._connection.cursor("legs") as others:
            rows.itersize = others.itersize = _STREAM_ROWS
            rows.execute(entries.encode(), parameters)
            others.execute(legs.encode(), parameters)
            yield from _with_legs(rows, iter(others), key)


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


def _with_legs(
    entries: Iterable[Row], legs: Iterator[Row], key: Callable[[Row], object]
) -> Iterator[tuple[Row, list[Row]]]:
    """Each entry's row with the rows of its legs, whose first columns are the key and whose last three the leg."""
    ahead = next(legs, None)
    for row in entries:
        place: Any = key(row)
        mine: list[Row] = []
        while ahead is not None and (found := _leg_key(ahead)) <= place:
            if found == place:
                mine.append(ahead[-3:])
            ahead = next(legs, None)
        yield row, mine


def _leg_key(row: Row) -> Any:
    return row[0] if len(row) == _CHAIN_WIDTH else row[:2]


def _legs(rows: Iterable[Row]) -> tuple[Leg, ...]:
    return tuple(Leg(role=_ROLES[role], asset=AssetId(asset), amount=amount) for role, asset, amount in rows)


def _entry(tenant_id: TenantId, row: Row, legs: tuple[Leg, ...]) -> Entry:
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
