"""Balances at any instant, what was known when, and anchors: asked of the store in memory and of PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from _pytest.fixtures import FixtureRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads, PostgresLedgerStore
from nightdesk.adapters.postgres.ledger_proof import PostgresAnchorUnits, PostgresChainsToAnchor
from nightdesk.kernel.assets import MARGIN
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.balances import BalanceQuery
from nightdesk.ledger.corrections import reversal_of
from nightdesk.ledger.export_check import check
from nightdesk.ledger.exporting import ExportQuery, ExportService
from nightdesk.ledger.model import EntryFilter, EntryKind, Fact, Head, LegRole
from nightdesk.ledger.ports import LedgerReads, LedgerStore
from nightdesk.ledger.service import LedgerService, append
from tests.builders.ledger import CORRELATION, RECORDED, at, leg, moved, movement, new_account, new_tenant, trade
from tests.fakes.anchors import FakeAnchoring, signed
from tests.fakes.ledger import FakeLedgerStore

Write = Callable[[TenantId], AbstractContextManager[LedgerStore]]
DAY = 86_400
LATER = RECORDED + timedelta(hours=1)


class Ledgers:
    """One store and a tenant with two accounts."""

    def __init__(self, write: Write, reads: LedgerReads, anchoring: object) -> None:
        self.write, self.reads, self.anchoring = write, reads, anchoring
        self.tenant = new_tenant()
        self.first, self.second = sorted((new_account(), new_account()))
        self.service = LedgerService(reads)

    def book(self, account_id: AccountId, *facts: Fact, recorded_at: datetime = RECORDED) -> None:
        with self.write(self.tenant) as store:
            append(store, self.tenant, account_id, facts, recorded_at=recorded_at, correlation_id=CORRELATION)

    def held(self, **query: object) -> dict[tuple[int, str, str], Decimal]:
        wanted = BalanceQuery(**query)  # type: ignore[arg-type]
        found = self.service.balances(self.tenant, wanted)
        return {(1 + (each.account_id == self.second), each.wallet, each.asset): each.quantity for each in found}


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def ledgers(request: FixtureRequest) -> Iterator[Ledgers]:
    if request.param == "memory":
        store = FakeLedgerStore()
        yield Ledgers(store, store, FakeAnchoring(store))
        return
    database = Database(request.getfixturevalue("postgres").url("app"))
    yield Ledgers(
        lambda tenant: written(database, tenant), PostgresLedgerReads(database), PostgresAnchorUnits(database)
    )
    database.close()


class written(ExitStack):  # noqa: N801 - reads as a function
    def __init__(self, database: Database, tenant_id: TenantId) -> None:
        super().__init__()
        self._opened = database.transaction(tenant_id=tenant_id)

    def __enter__(self) -> LedgerStore:  # type: ignore[override]
        super().__enter__()
        return PostgresLedgerStore(self.enter_context(self._opened))


def test_balance_at_an_instant_counts_what_happened_until_then(ledgers: Ledgers) -> None:
    ledgers.book(ledgers.first, trade(1, "1", "-100", second=5), trade(2, "-1", "120", second=40 * DAY + 7))
    ledgers.book(ledgers.second, movement(1, "ETH", "2.5", second=40 * DAY))
    assert ledgers.held(at=at(4)) == {}
    assert ledgers.held(at=at(5)) == {(1, "spot", "BTC"): Decimal(1), (1, "spot", "USDT"): Decimal(-100)}
    assert ledgers.held(at=at(40 * DAY + 6)) == ledgers.held(at=at(5)) | {(2, "spot", "ETH"): Decimal("2.5")}
    assert ledgers.held() == {(1, "spot", "USDT"): Decimal(20), (2, "spot", "ETH"): Decimal("2.5")}
    assert ledgers.held(account_id=ledgers.second) == {(2, "spot", "ETH"): Decimal("2.5")}


def test_wallets_have_balances_of_their_own(ledgers: Ledgers) -> None:
    lent = (leg(LegRole.MOVEMENT, "BTC", "-1"), leg(LegRole.MOVEMENT, "BTC", "1", MARGIN))
    ledgers.book(ledgers.first, movement(1, "BTC", "3"), moved(2, EntryKind.TRANSFER, *lent))
    assert ledgers.held() == {(1, "spot", "BTC"): Decimal(2), (1, "margin", "BTC"): Decimal(1)}


def test_late_event_changes_the_past_but_not_what_was_known(ledgers: Ledgers) -> None:
    ledgers.book(ledgers.first, movement(1, "BTC", "1", second=9 * DAY))
    ledgers.book(ledgers.first, movement(2, "BTC", "5", second=DAY), recorded_at=LATER)
    assert ledgers.held(at=at(2 * DAY)) == {(1, "spot", "BTC"): Decimal(5)}
    assert ledgers.held(at=at(2 * DAY), known_on=RECORDED) == {}
    assert ledgers.held(known_on=RECORDED) == {(1, "spot", "BTC"): Decimal(1)}
    page = ledgers.service.page(ledgers.tenant, EntryFilter(known_on=RECORDED))
    assert [entry.sequence for entry in page.entries] == [1]
    page = ledgers.service.page(
        ledgers.tenant, EntryFilter(known_on=RECORDED, asset=leg(LegRole.FEE, "BTC", "1").asset)
    )
    assert [entry.sequence for entry in page.entries] == [1]


def test_nothing_is_recorded_before_what_it_follows(ledgers: Ledgers) -> None:
    ledgers.book(ledgers.first, movement(1, "BTC", "1"), recorded_at=LATER)
    ledgers.book(ledgers.first, movement(2, "BTC", "1"), recorded_at=RECORDED)
    with ledgers.reads(ledgers.tenant) as store:
        assert {entry.recorded_at for entry in store.chain(ledgers.tenant, ledgers.first)} == {LATER}
        assert store.known_head(ledgers.tenant, ledgers.first, RECORDED) == Head()
        assert store.known_head(ledgers.tenant, ledgers.first, LATER).sequence == 2


def test_stretches_of_a_chain_follow_each_other(ledgers: Ledgers) -> None:
    ledgers.book(ledgers.first, *(trade(number, "1", "-1") for number in range(1, 8)))
    with ledgers.reads(ledgers.tenant) as store:
        whole = list(store.chain(ledgers.tenant, ledgers.first))
        parts = [store.stretch(ledgers.tenant, ledgers.first, after, 3) for after in (0, 3, 6, 7)]
    assert [entry for part in parts for entry in part] == whole
    assert [len(part) for part in parts] == [3, 3, 1, 0]


def test_anchors_come_back_and_vouch_for_the_export(ledgers: Ledgers) -> None:
    ledgers.book(ledgers.first, movement(1, "BTC", "1"), movement(2, "BTC", "1"))
    units: PostgresAnchorUnits = ledgers.anchoring  # type: ignore[assignment]
    with units(ledgers.tenant) as store:
        head = store.head(ledgers.tenant, ledgers.first)
        anchor = signed(ledgers.tenant, ledgers.first, head, RECORDED)
        store.add_anchor(anchor)
        assert store.hash_at(ledgers.tenant, ledgers.first, 2) == head.hash
        assert store.hash_at(ledgers.tenant, ledgers.first, 3) is None
        assert store.head(ledgers.tenant, ledgers.second) == Head()
    with ledgers.reads(ledgers.tenant) as reading:
        assert reading.anchors(ledgers.tenant, ledgers.first, None, 5) == (anchor,)
        assert reading.anchors(ledgers.tenant, ledgers.first, RECORDED - timedelta(seconds=1), 5) == ()
    assert ledgers.service.verify(ledgers.tenant)[0].anchored == 2
    lines = ExportService(ledgers.reads).part(ledgers.tenant, ExportQuery()).lines
    assert check(line.encode() for line in lines).anchored == {str(ledgers.first): 2}


@pytest.mark.integration
def test_chains_that_grew_are_seen_of_every_tenant(postgres: object) -> None:
    app, outbox = Database(postgres.url("app")), Database(postgres.url("outbox"))  # type: ignore[attr-defined]
    tenant, account = new_tenant(), new_account()
    with app.transaction(tenant_id=tenant) as connection:
        facts = [movement(1, "BTC", "1")]
        store = PostgresLedgerStore(connection)
        append(store, tenant, account, facts, recorded_at=RECORDED, correlation_id=CORRELATION)
    chains = PostgresChainsToAnchor(outbox)
    assert (tenant, account) in chains.unanchored(100_000)
    with PostgresAnchorUnits(app)(tenant) as anchoring:
        anchoring.add_anchor(signed(tenant, account, anchoring.head(tenant, account), RECORDED))
    assert (tenant, account) not in chains.unanchored(100_000)
    app.close()
    outbox.close()


@pytest.mark.integration
@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 100 * DAY), st.integers(-9, 9).filter(bool)), min_size=1, max_size=12), st.data()
)
def test_sums_are_what_the_legs_add_up_to(postgres: object, moves: list[tuple[int, int]], data: st.DataObject) -> None:
    database = Database(postgres.url("app"))  # type: ignore[attr-defined]
    tenant, account, fake = new_tenant(), new_account(), FakeLedgerStore()
    facts = [movement(n, "BTC", str(amount), second=second) for n, (second, amount) in enumerate(moves)]
    cut = data.draw(st.integers(0, len(facts)))
    for part, recorded_at in ((facts[:cut], RECORDED), (facts[cut:], LATER)):
        append(fake, tenant, account, part, recorded_at=recorded_at, correlation_id=CORRELATION)
        with database.transaction(tenant_id=tenant) as connection:
            store = PostgresLedgerStore(connection)
            append(store, tenant, account, part, recorded_at=recorded_at, correlation_id=CORRELATION)
    asked = [*(at(second) for second, _ in moves), datetime(2024, 2, 1, tzinfo=UTC), None]
    with database.transaction(tenant_id=tenant) as connection:
        for instant in asked:
            for known_on in (None, RECORDED):
                wanted = BalanceQuery(at=instant, known_on=known_on)
                assert PostgresLedgerStore(connection).balances(tenant, wanted) == fake.balances(tenant, wanted)
    database.close()


def test_legs_of_one_asset_come_in_the_order_of_time(ledgers: Ledgers) -> None:
    late, early = trade(1, "1", "-100", ("BNB", "-0.1"), second=9), trade(2, "-0.5", "60", second=3)
    ledgers.book(ledgers.first, late, early, movement(3, "BTC", "7", second=5), movement(4, "BTC", "2", second=5))
    reversal = reversal_of(ledgers.first, movement(3, "BTC", "7", second=5), "user.1")
    ledgers.book(ledgers.first, reversal)
    btc = leg(LegRole.BASE, "BTC", "1").asset
    with ledgers.reads(ledgers.tenant) as store:
        place = (ledgers.tenant, ledgers.first)
        assert store.kinds(*place) == {3: EntryKind.REVERSAL, 4: EntryKind.DEPOSIT, 5: EntryKind.REVERSAL}
        amounts = [(sequence, role, amount // 10**17) for sequence, role, amount in store.moves(*place, btc)]
        assert amounts == [
            (2, "base", -5),
            (3, "movement", 70),
            (4, "movement", 20),
            (5, "movement", -70),
            (1, "base", 10),
        ]
        others = [(sequence, asset, amount) for sequence, asset, amount in store.considered(*place, btc)]
        assert others == [(2, "USDT", 60 * 10**18), (1, "USDT", -100 * 10**18), (1, "BNB", -(10**17))]
        assert store.occurred_at(*place, 2) == at(3)
