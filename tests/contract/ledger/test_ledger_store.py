"""What every store of the ledger promises, asked of the one in memory and of PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from _pytest.fixtures import FixtureRequest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads, PostgresLedgerStore
from nightdesk.kernel.assets import MARGIN, AssetId, isolated_wallet, parse_instrument
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import EntryFilter, EntryKind, Fact, Head, LegRole
from nightdesk.ledger.ports import LedgerReads, LedgerStore
from nightdesk.ledger.service import LedgerService, append
from tests.builders.ledger import CORRELATION, RECORDED, at, leg, moved, movement, new_account, new_tenant, trade
from tests.fakes.ledger import FakeLedgerStore

Opened = Callable[[TenantId], AbstractContextManager[LedgerStore]]


class Ledgers:
    """One store, opened for writing and for reading, and a tenant with two accounts."""

    def __init__(self, write: Opened, reads: LedgerReads) -> None:
        self.write, self.reads = write, reads
        self.tenant = new_tenant()
        self.first, self.second = sorted((new_account(), new_account()))
        self.service = LedgerService(reads)

    def book(self, account_id: AccountId, *facts: Fact) -> tuple[int, int]:
        """How many were new and how many not."""
        with self.write(self.tenant) as store:
            done = append(store, self.tenant, account_id, facts, recorded_at=RECORDED, correlation_id=CORRELATION)
        return len(done.entries), len(done.duplicates)

    def read(self, wanted: EntryFilter | None = None, limit: int = 2) -> list[tuple[int, int]]:
        """All pages, each entry as its account (1 or 2) and sequence."""
        found: list[tuple[int, int]] = []
        cursor: str | None = None
        while True:
            page = self.service.page(self.tenant, wanted or EntryFilter(), cursor=cursor, limit=limit)
            found += [(1 + (entry.account_id == self.second), entry.sequence) for entry in page.entries]
            cursor = page.next_cursor
            if cursor is None:
                return found


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def ledgers(request: FixtureRequest) -> Iterator[Ledgers]:
    if request.param == "memory":
        store = FakeLedgerStore()
        yield Ledgers(store, store)
        return
    database = Database(request.getfixturevalue("postgres").url("app"))
    yield Ledgers(lambda tenant_id: opened(database, tenant_id), PostgresLedgerReads(database))
    database.close()


class opened(AbstractContextManager[LedgerStore]):  # noqa: N801 - reads as a function
    def __init__(self, database: Database, tenant_id: TenantId) -> None:
        self._transaction = database.transaction(tenant_id=tenant_id)

    def __enter__(self) -> LedgerStore:
        return PostgresLedgerStore(self._transaction.__enter__())

    def __exit__(self, *error: object) -> None:
        self._transaction.__exit__(*error)  # type: ignore[arg-type]


def test_entries_come_back_as_they_were_chained(ledgers: Ledgers) -> None:
    facts = [
        trade(1, "2.5", "-100.000000000000000001", ("BNB", "-0.1"), ("USDT", "0.2"), second=1.000001),
        movement(2, "SHIB", "99999999999999999999.999999999999999999"),
        movement(3, "BTC", "-1", ("BTC", "-0.000000000000000001")),
        moved(4, EntryKind.TRANSFER, leg(LegRole.MOVEMENT, "BTC", "-1"), leg(LegRole.MOVEMENT, "BTC", "1", MARGIN)),
        moved(5, EntryKind.INTEREST, leg(LegRole.MOVEMENT, "BTC", "-1", isolated_wallet("BTC/USDT"))),
    ]
    assert ledgers.book(ledgers.first, *facts) == (5, 0)
    with ledgers.reads(ledgers.tenant) as store:
        entries = list(store.chain(ledgers.tenant, ledgers.first))
        head = store.head(ledgers.tenant, ledgers.first)
        newest = store.newest(ledgers.tenant, EntryFilter(), None, 10)
    assert [entry.fact for entry in entries] == facts
    assert sorted(newest, key=lambda entry: entry.sequence) == entries
    assert head == Head(5, entries[-1].hash)
    assert {entry.recorded_at for entry in entries} == {RECORDED}
    assert all(report.ok for report in ledgers.service.verify(ledgers.tenant))


def test_empty_ledger_has_no_head_and_no_accounts(ledgers: Ledgers) -> None:
    with ledgers.reads(ledgers.tenant) as store:
        assert store.head(ledgers.tenant, ledgers.first) == Head()
        assert store.accounts(ledgers.tenant) == ()
        assert list(store.chain(ledgers.tenant, ledgers.first)) == []
    assert ledgers.read() == []


def test_replays_and_overlaps_are_duplicates(ledgers: Ledgers) -> None:
    facts = [trade(number, "1", "-1") for number in range(6)]
    assert ledgers.book(ledgers.first, *facts[:4]) == (4, 0)
    assert ledgers.book(ledgers.first, *facts[2:]) == (2, 2)
    assert ledgers.book(ledgers.first, *facts) == (0, 6)
    assert len(ledgers.read()) == 6


def test_ten_equal_fills_stay_ten(ledgers: Ledgers) -> None:
    fills = [replace(trade(7, "1", "-1"), identity=f"trade:{number}") for number in range(10)]
    assert ledgers.book(ledgers.first, *fills) == (10, 0)
    assert ledgers.read() == [(1, sequence) for sequence in range(10, 0, -1)]


def test_accounts_have_chains_of_their_own(ledgers: Ledgers) -> None:
    same = trade(1, "1", "-1")
    assert ledgers.book(ledgers.second, same) == ledgers.book(ledgers.first, same) == (1, 0)
    with ledgers.reads(ledgers.tenant) as store:
        assert store.accounts(ledgers.tenant) == (ledgers.first, ledgers.second)


def test_identities_of_other_accounts_are_not_known(ledgers: Ledgers) -> None:
    ledgers.book(ledgers.first, trade(1, "1", "-1"))
    with ledgers.reads(ledgers.tenant) as store:
        identities = ["trade:BTCUSDT:1", "trade:BTCUSDT:2"]
        assert store.known(ledgers.tenant, ledgers.first, identities).keys() == {"trade:BTCUSDT:1"}
        assert store.known(ledgers.tenant, ledgers.second, identities) == {}


def test_what_is_known_is_told_as_it_was_booked(ledgers: Ledgers) -> None:
    facts = [trade(1, "1", "-1", ("BNB", "-0.5")), movement(2, "ETH", "3"), trade(3, "-1", "1")]
    ledgers.book(ledgers.first, *facts)
    with ledgers.reads(ledgers.tenant) as store:
        known = store.known(ledgers.tenant, ledgers.first, [facts[0].identity, facts[1].identity])
    assert known == {fact.identity: fact for fact in facts[:2]}


def test_a_contradiction_is_kept_aside_and_changes_nothing(ledgers: Ledgers) -> None:
    ledgers.book(ledgers.first, trade(1, "1", "-1"))
    other = [trade(1, "2", "-1"), trade(1, "1", "-1"), trade(1, "3", "-1"), trade(1, "2", "-1")]
    assert ledgers.book(ledgers.first, *other) == (0, 4)
    assert ledgers.book(ledgers.first, *other) == (0, 4)
    assert ledgers.read() == [(1, 1)]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_pages_are_newest_first_over_accounts_whatever_their_size(ledgers: Ledgers, limit: int) -> None:
    """At equal instants the greater account comes first, then the greater sequence."""
    ledgers.book(ledgers.first, *(trade(number, "1", "-1", second=number // 3) for number in range(5)))
    ledgers.book(ledgers.second, *(trade(number, "1", "-1", second=0) for number in range(2)))
    assert ledgers.read(limit=limit) == [(1, 5), (1, 4), (2, 2), (2, 1), (1, 3), (1, 2), (1, 1)]


FILTERS = [
    (EntryFilter(kind=EntryKind.DEPOSIT), [(2, 1), (1, 3)]),
    (EntryFilter(kind=EntryKind.TRADE), [(2, 2), (1, 4), (1, 2), (1, 1)]),
    (EntryFilter(instrument=parse_instrument("BINANCE:ETH/BTC")), [(1, 2)]),
    (EntryFilter(asset=AssetId("BNB")), [(1, 4)]),
    (EntryFilter(asset=AssetId("USDT")), [(2, 2), (2, 1), (1, 4), (1, 3), (1, 1)]),
    (EntryFilter(asset=AssetId("USDT"), kind=EntryKind.TRADE), [(2, 2), (1, 4), (1, 1)]),
    (EntryFilter(asset=AssetId("BTC"), instrument=parse_instrument("BINANCE:BTC/USDT")), [(2, 2), (1, 4), (1, 1)]),
    (EntryFilter(occurred_from=at(3)), [(2, 2), (2, 1), (1, 4), (1, 3)]),
    (EntryFilter(occurred_until=at(3)), [(1, 2), (1, 1)]),
    (EntryFilter(asset=AssetId("USDT"), occurred_from=at(3), occurred_until=at(5)), [(1, 4), (1, 3)]),
    (EntryFilter(asset=AssetId("DOGE")), []),
]


@pytest.mark.parametrize(("wanted", "expected"), FILTERS)
def test_filters_choose_and_pages_follow_them(
    ledgers: Ledgers, wanted: EntryFilter, expected: list[tuple[int, int]]
) -> None:
    ledgers.book(
        ledgers.first,
        trade(1, "1", "-1", ("USDT", "-0.1")),
        trade(2, "1", "-1", symbol="ETH/BTC"),
        movement(3, "USDT", "1"),
        trade(4, "1", "-1", ("BNB", "-1")),
    )
    ledgers.book(ledgers.second, movement(5, "USDT", "1"), trade(6, "-1", "1"))
    assert ledgers.read(wanted) == expected
    one = replace(wanted, account_id=ledgers.first)
    assert ledgers.read(one, limit=1) == [place for place in expected if place[0] == 1]


@pytest.mark.parametrize("account", [1, 2])
def test_cursor_of_all_accounts_goes_on_in_one_of_them(ledgers: Ledgers, account: int) -> None:
    for each in (ledgers.first, ledgers.second):
        ledgers.book(each, *(trade(number, "1", "-1", second=0) for number in range(3)))
    every = ledgers.service.page(ledgers.tenant, EntryFilter(), limit=2 if account == 1 else 4)
    one = EntryFilter(account_id=ledgers.first if account == 1 else ledgers.second)
    rest = ledgers.service.page(ledgers.tenant, one, cursor=every.next_cursor)
    assert [entry.sequence for entry in rest.entries] == ([3, 2, 1] if account == 1 else [])


def test_history_of_assets_is_by_time_then_sequence(ledgers: Ledgers) -> None:
    ledgers.book(
        ledgers.first,
        trade(1, "1", "-1", second=5),
        trade(2, "1", "-1", symbol="ETH/BTC", second=3),
        movement(3, "DOGE", "1", second=1),
        trade(4, "1", "-1", second=3),
    )
    with ledgers.reads(ledgers.tenant) as store:
        whole = list(store.history(ledgers.tenant, ledgers.first, [AssetId("USDT"), AssetId("ETH")]))
        none = list(store.history(ledgers.tenant, ledgers.second, [AssetId("USDT")]))
    assert [entry.sequence for entry in whole] == [2, 4, 1]
    assert [len(entry.fact.legs) for entry in whole] == [2, 2, 2]
    assert none == []


def test_another_tenant_sees_nothing(ledgers: Ledgers) -> None:
    ledgers.book(ledgers.first, trade(1, "1", "-1"))
    stranger = new_tenant()
    with ledgers.reads(stranger) as store:
        assert store.newest(stranger, EntryFilter(account_id=ledgers.first), None, 10) == ()
        assert list(store.chain(stranger, ledgers.first)) == []
        assert store.head(stranger, ledgers.first) == Head()
    assert ledgers.service.verify(stranger) == ()


def test_instants_keep_their_microseconds(ledgers: Ledgers) -> None:
    fact = replace(trade(1, "1", "-1"), occurred_at=at(0) + timedelta(microseconds=1))
    ledgers.book(ledgers.first, fact)
    wanted = EntryFilter(occurred_from=fact.occurred_at, occurred_until=fact.occurred_at + timedelta(microseconds=1))
    assert ledgers.read(wanted) == [(1, 1)]
