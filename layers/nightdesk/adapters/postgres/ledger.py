"""The ledger in PostgreSQL: set-based appends, pages along indexes, chains streamed by server-side cursors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres import ledger_moves, ledger_proof
from nightdesk.adapters.postgres import ledger_quarantine as quarantine
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.inbox import PostgresInboxStore
from nightdesk.adapters.postgres.ledger_page import ALONG_AN_INDEX, ANY_WAY, page_query
from nightdesk.kernel.assets import AssetId, Wallet, parse_instrument
from nightdesk.kernel.errors import Broken
from nightdesk.kernel.ids import AccountId, CorrelationId, EntryId, TenantId
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.ledger import inbox_findings
from nightdesk.ledger.anchors import Anchor
from nightdesk.ledger.balances import Balance, BalanceQuery
from nightdesk.ledger.model import Doubt, Entry, EntryFilter, EntryKind, Fact, Head, Leg, LegRole, Place
from nightdesk.ledger.naming import Names
from nightdesk.ledger.ports import Move

Row = tuple[Any, ...]

_STREAM_ROWS = 5000
_SEQUENCE, _ENTRY_ID, _OCCURRED_AT = 1, 2, 8  # where they stand in an entry's row
_CHAIN_WIDTH = 5  # columns of a leg's row in a chain: the sequence and the leg
_LOCK_HEAD = """
    INSERT INTO ledger_heads AS head (tenant_id, account_id, sequence, hash) VALUES (%s, %s, 0, %s)
    ON CONFLICT (tenant_id, account_id) DO UPDATE SET sequence = head.sequence
    RETURNING sequence, hash, recorded_at
"""
_HEAD = "SELECT sequence, hash FROM ledger_heads WHERE tenant_id = %s AND account_id = %s"
_MOVE_HEAD = """
    UPDATE ledger_heads SET sequence = %s, hash = %s, recorded_at = %s WHERE tenant_id = %s AND account_id = %s
"""
_KNOWN_LEGS = """
    SELECT sequence, role, asset, amount, wallet FROM ledger_legs
    WHERE tenant_id = %s AND account_id = %s AND sequence = ANY(%s) ORDER BY sequence, position
"""
_ADD_DOUBTS = """
    INSERT INTO ledger_doubts (tenant_id, account_id, identity, digest, told, told_at)
    SELECT %s, %s, identity, sha256(convert_to(told::text, 'UTF8')), told, %s
    FROM unnest(%s::text[], %s::jsonb[]) AS told (identity, told)
    ON CONFLICT (tenant_id, account_id, identity, digest) DO NOTHING
"""
_KEEP_ROUTES = """
    INSERT INTO transfer_routes AS known (tenant_id, account_id, identity, tx_hash, address, network)
    SELECT %s, %s, * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])
    ON CONFLICT (tenant_id, account_id, identity) DO UPDATE SET tx_hash = coalesce(excluded.tx_hash, known.tx_hash),
      address = coalesce(excluded.address, known.address), network = coalesce(excluded.network, known.network)
"""
_ADD_ENTRIES = """
    INSERT INTO ledger_entries (tenant_id, account_id, sequence, entry_id, kind, identity, source, instrument, order_id,
      occurred_at, recorded_at, correlation_id, previous_hash, hash)
    SELECT %s, %s, * FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
      %s::timestamptz[], %s::timestamptz[], %s::text[], %s::bytea[], %s::bytea[])
"""
_ADD_LEGS = """
    INSERT INTO ledger_legs (tenant_id, account_id, sequence, position, role, asset, amount, wallet, occurred_at)
    SELECT %s, %s, * FROM unnest(%s::bigint[], %s::smallint[], %s::text[], %s::text[], %s::numeric[], %s::text[],
      %s::timestamptz[])
"""
_ADD_SUMS = """
    INSERT INTO ledger_sums AS known (tenant_id, account_id, span, starts_on, wallet, asset, amount)
    SELECT %s, %s, span, date_trunc(span, occurred_at AT TIME ZONE 'UTC')::date, wallet, asset, sum(amount)
    FROM unnest(%s::text[], %s::numeric[], %s::text[], %s::timestamptz[]) AS leg (asset, amount, wallet, occurred_at)
    CROSS JOIN (VALUES ('day'), ('month')) AS spans (span)
    GROUP BY 3, 4, 5, 6 ORDER BY 3, 4, 5, 6
    ON CONFLICT (tenant_id, span, starts_on, account_id, wallet, asset) DO UPDATE
    SET amount = known.amount + excluded.amount
"""
_CHAIN = """
    SELECT account_id, sequence, entry_id, kind, identity, source, instrument, order_id, occurred_at, recorded_at,
      correlation_id, previous_hash, hash
    FROM ledger_entries WHERE tenant_id = %s AND account_id = %s ORDER BY sequence
"""
_CHAIN_LEGS = """
    SELECT sequence, role, asset, amount, wallet
    FROM ledger_legs WHERE tenant_id = %s AND account_id = %s ORDER BY sequence, position
"""
_STRETCH = _CHAIN.replace("ORDER BY", "AND sequence > %s AND sequence <= %s ORDER BY")
_STRETCH_LEGS = _CHAIN_LEGS.replace("ORDER BY", "AND sequence > %s AND sequence <= %s ORDER BY")
_KNOWN = _CHAIN.replace("ORDER BY sequence", "AND identity = ANY(%s) ORDER BY sequence")
_HISTORY = _CHAIN.replace("ORDER BY sequence", "ORDER BY occurred_at, sequence")
_HISTORY_LEGS = """
    SELECT occurred_at, sequence, role, asset, amount, wallet
    FROM ledger_legs WHERE tenant_id = %s AND account_id = %s ORDER BY occurred_at, sequence, position
"""
_REVERSALS = """
    SELECT entry_id, identity FROM ledger_entries WHERE tenant_id = %s AND account_id = %s AND kind = 'reversal'
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
        return Head(*row)

    def head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        """The end of the account's chain."""
        row = self._connection.execute(_HEAD, (tenant_id, account_id)).fetchone()
        return Head(row[0], row[1]) if row else Head()

    def known(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> Mapping[str, Fact]:
        """Those of the identities that the account's chain holds: one index scan for them, one for their legs."""
        rows = self._connection.execute(_KNOWN, (tenant_id, account_id, list(identities))).fetchall()
        if not rows:
            return {}
        sequences = [row[_SEQUENCE] for row in rows]
        legs = self._connection.execute(_KNOWN_LEGS, (tenant_id, account_id, sequences))
        entries = [
            _entry(tenant_id, row, _legs(mine)) for row, mine in _with_legs(rows, iter(legs), itemgetter(_SEQUENCE))
        ]
        return {entry.fact.identity: entry.fact for entry in entries}

    def doubt(self, tenant_id: TenantId, account_id: AccountId, doubts: Sequence[Doubt], told_at: datetime) -> None:
        """Keep what contradicts the chain, each telling once, and put it in the inbox."""
        identities = [doubt.told.identity for doubt in doubts]
        told = [Jsonb(_document(doubt.told)) for doubt in doubts]
        self._connection.execute(_ADD_DOUBTS, (tenant_id, account_id, told_at, identities, told))
        findings = [inbox_findings.of_doubt(account_id, doubt) for doubt in doubts]
        PostgresInboxStore(self._connection).raise_(tenant_id, findings, told_at)

    def names(self, tenant_id: TenantId) -> Names:
        """What the tenant said that codes mean which nobody else knows."""
        return quarantine.names(self._connection, tenant_id)

    def quarantine(self, tenant_id: TenantId, account_id: AccountId, facts: Sequence[Fact], told_at: datetime) -> None:
        """Keep facts of unknown assets whole, each identity once, and put their codes in the inbox."""
        quarantine.keep(self._connection, tenant_id, account_id, facts, told_at)

    def keep_routes(self, tenant_id: TenantId, account_id: AccountId, facts: Sequence[Fact]) -> None:
        """Keep the routes of these facts beside their entries, adding to what is known of them."""
        routes = {fact.identity: fact.route for fact in facts if fact.route}
        columns = (
            list(routes),
            [route.tx_hash for route in routes.values()],
            [route.address for route in routes.values()],
            [route.network for route in routes.values()],
        )
        self._connection.execute(_KEEP_ROUTES, (tenant_id, account_id, *columns))

    def add(self, tenant_id: TenantId, account_id: AccountId, entries: Sequence[Entry]) -> None:
        """Keep the entries, their legs and what those sum up to, and move the head."""
        columns = map(list, zip(*map(_entry_row, entries), strict=True))
        legs = list(map(list, zip(*(row for entry in entries for row in _leg_rows(entry)), strict=True)))
        last = entries[-1]
        with self._connection.pipeline():
            self._connection.execute(_ADD_ENTRIES, (tenant_id, account_id, *columns))
            self._connection.execute(_ADD_LEGS, (tenant_id, account_id, *legs))
            self._connection.execute(_ADD_SUMS, (tenant_id, account_id, *legs[3:]))
            self._connection.execute(_MOVE_HEAD, (last.sequence, last.hash, last.recorded_at, tenant_id, account_id))

    def newest(self, tenant_id: TenantId, wanted: EntryFilter, before: Place | None, limit: int) -> tuple[Entry, ...]:
        """At most so many entries, newest first, read along the index that fits the filter."""
        query, parameters = page_query(tenant_id, wanted, before, limit)
        with self._connection.pipeline():
            self._connection.execute(ALONG_AN_INDEX)
            rows = self._connection.execute(query, parameters)
            self._connection.execute(ANY_WAY)
        return tuple(_entry(tenant_id, row[:-4], _legs(zip(*row[-4:], strict=True))) for row in rows)

    def chain(self, tenant_id: TenantId, account_id: AccountId) -> Iterator[Entry]:
        """Every entry of the account by sequence, 5,000 rows at a time."""
        key = itemgetter(_SEQUENCE)
        for row, legs in self._merged(_CHAIN, _CHAIN_LEGS, (tenant_id, account_id), key):
            yield _entry(tenant_id, row, _legs(legs))

    def history(self, tenant_id: TenantId, account_id: AccountId, assets: Collection[AssetId]) -> Iterator[Entry]:
        """The account's entries with a leg of any of the assets, by instant, then sequence, 5,000 rows at a time.

        Without reversals and what they took back.
        """
        gone = self._reversed(tenant_id, account_id)
        wanted, key = frozenset(assets), itemgetter(_OCCURRED_AT, _SEQUENCE)
        for row, legs in self._merged(_HISTORY, _HISTORY_LEGS, (tenant_id, account_id), key):
            if row[_ENTRY_ID] not in gone and not wanted.isdisjoint(asset for _, asset, _, _ in legs):
                yield _entry(tenant_id, row, _legs(legs))

    def kinds(self, tenant_id: TenantId, account_id: AccountId) -> Mapping[int, EntryKind]:
        """By sequence, kinds of entries that are no trades; what a reversal took back counts as a reversal."""
        return ledger_moves.kinds(self._connection, tenant_id, account_id)

    def moves(self, tenant_id: TenantId, account_id: AccountId, asset: AssetId) -> Iterator[Move]:
        """The asset's legs by instant, then sequence, streamed along their index."""
        return ledger_moves.moves(self._connection, tenant_id, account_id, asset)

    def considered(
        self, tenant_id: TenantId, account_id: AccountId, asset: AssetId
    ) -> Iterator[tuple[int, AssetId, int]]:
        """Sequence, asset and amount in 10^-18ths of the other legs where the asset is the base, in that order."""
        return ledger_moves.considered(self._connection, tenant_id, account_id, asset)

    def occurred_at(self, tenant_id: TenantId, account_id: AccountId, sequence: int) -> datetime:
        """When an entry that there is occurred."""
        return ledger_moves.occurred_at(self._connection, tenant_id, account_id, sequence)

    def _reversed(self, tenant_id: TenantId, account_id: AccountId) -> frozenset[UUID]:
        """Reversals and the entries that they took back."""
        rows = self._connection.execute(_REVERSALS, (tenant_id, account_id))
        return frozenset(each for entry, identity in rows for each in (entry, UUID(identity.partition(":")[2])))

    def balances(self, tenant_id: TenantId, wanted: BalanceQuery) -> tuple[Balance, ...]:
        """Balances that are not zero, from the sums of months and days and the legs of one day."""
        return ledger_proof.balances(self._connection, tenant_id, wanted)

    def known_head(self, tenant_id: TenantId, account_id: AccountId, known_on: datetime | None) -> Head:
        """The end of the account's chain as it was known at an instant, or as it is."""
        if known_on is None:
            return self.head(tenant_id, account_id)
        return ledger_proof.known_head(self._connection, tenant_id, account_id, known_on)

    def stretch(self, tenant_id: TenantId, account_id: AccountId, after: int, limit: int) -> tuple[Entry, ...]:
        """At most so many entries of the account by sequence, all of them after this one."""
        place = (tenant_id, account_id, after, after + limit)
        rows = self._connection.execute(_STRETCH, place).fetchall()
        legs = iter(self._connection.execute(_STRETCH_LEGS, place).fetchall())
        key = itemgetter(_SEQUENCE)
        return tuple(_entry(tenant_id, row, _legs(mine)) for row, mine in _with_legs(rows, legs, key))

    def anchors(
        self, tenant_id: TenantId, account_id: AccountId, until: datetime | None, limit: int
    ) -> tuple[Anchor, ...]:
        """The newest anchors of the account, signed until the instant, the oldest first."""
        return ledger_proof.anchors(self._connection, tenant_id, account_id, until, limit)

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


def _document(fact: Fact) -> dict[str, object]:
    """A fact as it was told, for people to look at."""
    return {
        "kind": fact.kind.value,
        "source": fact.source,
        "instrument": None if fact.instrument is None else str(fact.instrument),
        "order_id": fact.order_id,
        "occurred_at": format_instant(fact.occurred_at),
        "legs": [[leg.role.value, leg.asset, format_amount(leg.amount), leg.wallet] for leg in fact.legs],
    }


def _leg_rows(entry: Entry) -> Iterator[tuple[object, ...]]:
    for position, leg in enumerate(entry.fact.legs):
        yield entry.sequence, position, leg.role.value, leg.asset, leg.amount, leg.wallet, entry.fact.occurred_at


def _with_legs(
    entries: Iterable[Row], legs: Iterator[Row], key: Callable[[Row], object]
) -> Iterator[tuple[Row, list[Row]]]:
    """Each entry's row with the rows of its legs, whose first columns are the key and whose last four the leg."""
    ahead = next(legs, None)
    for row in entries:
        place: Any = key(row)
        mine: list[Row] = []
        while ahead is not None and (found := _leg_key(ahead)) <= place:
            if found == place:
                mine.append(ahead[-4:])
            ahead = next(legs, None)
        yield row, mine


def _leg_key(row: Row) -> Any:
    return row[0] if len(row) == _CHAIN_WIDTH else row[:2]


def _legs(rows: Iterable[Row]) -> tuple[Leg, ...]:
    return tuple(
        Leg(role=_ROLES[role], asset=AssetId(asset), amount=amount, wallet=Wallet(wallet))
        for role, asset, amount, wallet in rows
    )


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
