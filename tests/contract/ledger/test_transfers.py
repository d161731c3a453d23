"""Transfers from the ledger's entries to links and carried cost: in memory and in PostgreSQL."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from _pytest.fixtures import FixtureRequest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresHoldingStore
from nightdesk.adapters.postgres.inbox import PostgresInboxStore
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.postgres.transfers import PostgresTransferStore
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.corrections import reversal_of
from nightdesk.ledger.inbox import Cause, InboxFilter
from nightdesk.ledger.model import Fact, Route
from nightdesk.ledger.ports import LedgerStore
from nightdesk.ledger.transfers.model import Evidence, LinkFilter, LinkId, movement_id
from nightdesk.ledger.transfers.ports import TransferUnit
from nightdesk.ledger.transfers.service import TransferService
from nightdesk.lots.average_cost import Position
from nightdesk.portfolio.carrying import LinkedCosts
from nightdesk.portfolio.ports import HoldingStore
from nightdesk.portfolio.projection import LedgerRecorder
from tests.builders.ledger import CORRELATION, RECORDED, movement, new_account, new_tenant, trade
from tests.fakes.clock import FakeClock
from tests.fakes.transfers import FakeTransferUnits

BTC, USDT = AssetId("BTC"), AssetId("USDT")


@dataclass(frozen=True, slots=True)
class Stores:
    ledger: LedgerStore
    holdings: HoldingStore
    unit: TransferUnit


class Desk:
    """A tenant with three accounts, its transfers and what it holds."""

    def __init__(self, opened: "Opened") -> None:
        self.opened = opened
        self.tenant, self.accounts = new_tenant(), [new_account() for _ in range(3)]
        self.clock = FakeClock()
        self.service = TransferService(self._units, self.clock)

    @contextmanager
    def _units(self, tenant_id: TenantId) -> Iterator[TransferUnit]:
        with self.opened(tenant_id) as stores:
            yield stores.unit

    def book(self, account: int, *facts: Fact) -> None:
        with self.opened(self.tenant) as stores:
            recorder = LedgerRecorder(stores.ledger, stores.holdings)
            mine = self.accounts[account]
            recorder.record(self.tenant, mine, facts, recorded_at=RECORDED, correlation_id=CORRELATION)
            recorder.settle(self.tenant, mine, RECORDED)

    def position(self, account: int, asset: AssetId = BTC) -> Position:
        with self.opened(self.tenant) as stores:
            return stores.holdings.get(self.tenant, self.accounts[account], [asset])[asset].position

    def doubts(self, asset: AssetId = BTC) -> int:
        with self.opened(self.tenant) as stores:
            return len(stores.unit.inbox.stakes(self.tenant, InboxFilter(cause=Cause.UNMATCHED_TRANSFER, asset=asset)))

    def name(self, account: int, identity: str) -> str:
        return movement_id(self.accounts[account], identity)


class Opened:
    def __init__(self, database: Database | None = None) -> None:
        self._database = database
        self._memory = FakeTransferUnits()

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[Stores]:
        return self._of_memory(tenant_id) if self._database is None else self._of_postgres(self._database, tenant_id)

    @contextmanager
    def _of_memory(self, tenant_id: TenantId) -> Iterator[Stores]:
        with self._memory(tenant_id) as unit:
            yield Stores(self._memory.transfers.ledger, self._memory.holdings, unit)

    @contextmanager
    def _of_postgres(self, database: Database, tenant_id: TenantId) -> Iterator[Stores]:
        with database.transaction(tenant_id=tenant_id) as connection:
            ledger, holdings = PostgresLedgerStore(connection), PostgresHoldingStore(connection)
            transfers = PostgresTransferStore(connection)
            costs = LinkedCosts(ledger, holdings, transfers)
            yield Stores(ledger, holdings, TransferUnit(transfers, PostgresInboxStore(connection), costs))


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def desk(request: FixtureRequest) -> Iterator[Desk]:
    if request.param == "memory":
        yield Desk(Opened())
        return
    database = Database(request.getfixturevalue("postgres").url("app"))
    yield Desk(Opened(database))
    database.close()


def out(number: int, amount: str, second: float, *, tx: str | None = "ab12", fee: str | None = None) -> Fact:
    fees = [("BTC", f"-{fee}")] if fee else []
    fact = movement(number, "BTC", f"-{amount}", *fees, second=second)
    return replace(fact, route=Route(tx_hash=tx, address="x"))


def into(number: int, amount: str, second: float, *, tx: str | None = "0xAB12") -> Fact:
    return replace(movement(number, "BTC", amount, second=second), route=Route(tx_hash=tx, address="x"))


def test_what_left_one_account_and_reached_another_is_one_transfer_with_its_cost(desk: Desk) -> None:
    desk.book(0, movement(1, "USDT", "100"), trade(2, "2", "-100"), out(3, "1", 3, fee="0.5"))
    desk.book(1, into(4, "1", 300), trade(5, "-1", "80", second=400))
    assert desk.position(1).realised == {}
    assert desk.service.run(desk.tenant) == 1
    assert desk.position(1).realised == {USDT: Decimal(30)}
    assert desk.position(1).unproven == 0
    (link,) = desk.service.page(desk.tenant, LinkFilter(), before=None, limit=10)
    assert (link.score, link.linked_by, link.evidence[0]) == (100, "desk", Evidence.TX_HASH)
    assert [each.movement_id for each in (*link.outs, *link.ins)] == [
        desk.name(0, "withdrawal:3"),
        desk.name(1, "deposit:4"),
    ]
    assert desk.service.run(desk.tenant) == 0


def test_cost_goes_on_with_what_moves_on(desk: Desk) -> None:
    desk.book(0, movement(1, "USDT", "100"), trade(2, "2", "-100"), out(3, "2", 3))
    desk.book(1, into(4, "2", 300), out(5, "2", 500, tx="cd34"))
    desk.book(2, into(6, "1.5", 600, tx="cd34"), into(7, "0.5", 601, tx="cd34"), trade(8, "-1", "80", second=900))
    assert desk.service.run(desk.tenant) == 2
    assert desk.position(2).realised == {USDT: Decimal(30)}
    assert desk.position(2).cost == {USDT: Decimal(50)}
    assert desk.position(1) == Position()


def test_only_the_proven_part_brings_its_cost(desk: Desk) -> None:
    desk.book(0, movement(1, "USDT", "50"), movement(9, "BTC", "1", second=1), trade(2, "1", "-50"), out(3, "2", 3))
    desk.book(1, into(4, "2", 300))
    desk.service.run(desk.tenant)
    held = desk.position(1)
    assert (held.quantity, held.unproven, held.cost) == (Decimal(2), Decimal(1), {USDT: Decimal(50)})


def test_movements_that_stay_alone_are_findings_until_they_find_their_other_side(desk: Desk) -> None:
    desk.book(0, out(1, "1", 1), movement(2, "EUR", "5"))
    assert desk.service.run(desk.tenant) == 0
    assert (desk.doubts(), desk.doubts(AssetId("EUR"))) == (1, 0)
    desk.book(1, into(3, "1", 60))
    assert desk.service.run(desk.tenant) == 1
    assert desk.doubts() == 0


def test_a_transfer_taken_apart_is_two_findings_and_never_matched_again(desk: Desk) -> None:
    desk.book(0, movement(1, "USDT", "100"), trade(2, "1", "-100"), out(3, "1", 3))
    desk.book(1, into(4, "1", 300))
    desk.service.run(desk.tenant)
    (link,) = desk.service.page(desk.tenant, LinkFilter(), before=None, limit=10)
    desk.service.unlink(desk.tenant, link.link_id, "user:1")
    assert desk.position(1).unproven == 1
    assert desk.doubts() == 2
    assert desk.service.run(desk.tenant) == 0
    assert desk.service.page(desk.tenant, LinkFilter(), before=None, limit=10) == []
    (apart,) = desk.service.page(desk.tenant, LinkFilter(linked=False), before=None, limit=10)
    assert (apart.unlinked_by, apart.unlinked_at) == ("user:1", desk.clock.now())
    with pytest.raises(Conflict, match="apart already"):
        desk.service.unlink(desk.tenant, link.link_id, "user:1")
    with pytest.raises(NotFound):
        desk.service.unlink(desk.tenant, LinkId(uuid4()), "user:1")


def test_a_person_links_what_the_matcher_would_not(desk: Desk) -> None:
    desk.book(0, movement(1, "USDT", "100"), trade(2, "1", "-100"), out(3, "1", 3, tx=None))
    desk.book(1, into(4, "0.9", 9_000_000, tx=None))
    assert desk.service.run(desk.tenant) == 0
    (candidate,) = desk.service.candidates(desk.tenant, movement_id(desk.accounts[0], "withdrawal:3"))
    link = desk.service.link(
        desk.tenant, [movement_id(desk.accounts[0], "withdrawal:3"), candidate.movement_id], "user:1"
    )
    assert (link.score, link.evidence, link.linked_by) == (100, (Evidence.PERSON,), "user:1")
    assert desk.doubts() == 0
    assert desk.position(1).cost == {USDT: Decimal(100)}
    with pytest.raises(Conflict):
        desk.service.link(desk.tenant, [each.movement_id for each in link.movements], "user:1")


def test_a_link_must_be_possible(desk: Desk) -> None:
    desk.book(0, out(1, "1", 1, tx=None), out(2, "1", 1, tx=None), movement(3, "ETH", "1"), into(4, "0.5", 1, tx="1"))
    desk.book(1, into(5, "5", 1, tx="2"))
    names = {
        number: movement_id(desk.accounts[account], identity)
        for number, account, identity in [
            (1, 0, "withdrawal:1"),
            (2, 0, "withdrawal:2"),
            (3, 0, "deposit:3"),
            (4, 0, "deposit:4"),
            (5, 1, "deposit:5"),
        ]
    }
    for unfit in ([1, 2], [1, 3], [1, 4], [1, 5]):
        with pytest.raises(InvalidInput) as refused:
            desk.service.link(desk.tenant, [names[number] for number in unfit], "user:1")
        assert refused.value.code == "transfers.unfit"
    for unknown in (movement_id(desk.accounts[0], "deposit:9"), movement_id(AccountId(uuid4()), "deposit:5")):
        with pytest.raises(NotFound):
            desk.service.link(desk.tenant, [unknown], "user:1")
        with pytest.raises(NotFound):
            desk.service.candidates(desk.tenant, unknown)


def test_pages_of_transfers_are_newest_first_and_filtered(desk: Desk) -> None:
    for number in range(3):
        desk.book(0, out(number, "1", number, tx=f"{number}"))
        desk.book(1, into(number, "1", number + 60, tx=f"{number}"))
        desk.service.run(desk.tenant)
        desk.clock.advance(60)
    every = desk.service.page(desk.tenant, LinkFilter(linked=None), before=None, limit=10)
    first = every[0]
    rest = desk.service.page(desk.tenant, LinkFilter(), before=(first.linked_at, first.link_id), limit=10)
    assert [link.link_id for link in rest] == [link.link_id for link in every[1:]]
    assert len(every) == 3
    assert (
        len(desk.service.page(desk.tenant, LinkFilter(account_id=desk.accounts[1], asset=BTC), before=None, limit=2))
        == 2
    )
    assert desk.service.page(desk.tenant, LinkFilter(account_id=desk.accounts[2]), before=None, limit=2) == []
    with pytest.raises(InvalidInput):
        desk.service.page(desk.tenant, LinkFilter(), before=None, limit=0)


def test_what_was_taken_back_is_no_movement(desk: Desk) -> None:
    fact = out(1, "1", 1)
    desk.book(0, fact)
    desk.book(0, reversal_of(desk.accounts[0], fact, "user.1"))
    desk.book(1, into(3, "1", 60))
    assert desk.service.run(desk.tenant) == 0
    assert desk.doubts() == 1


def test_another_tenants_movements_are_not_seen(desk: Desk) -> None:
    desk.book(0, out(1, "1", 1))
    stranger = new_tenant()
    assert desk.service.run(stranger) == 0
    with pytest.raises(NotFound):
        desk.service.candidates(stranger, movement_id(desk.accounts[0], "withdrawal:1"))


def test_earlier_history_that_comes_late_changes_what_was_brought(desk: Desk) -> None:
    desk.book(0, movement(1, "BTC", "1", second=1), out(3, "1", 300))
    desk.book(1, into(4, "1", 600))
    desk.service.run(desk.tenant)
    assert desk.position(1).unproven == 1
    desk.book(0, movement(5, "USDT", "10", second=0), trade(6, "1", "-10", second=2))
    desk.service.run(desk.tenant)
    held = desk.position(1)
    assert (held.unproven, held.cost) == (Decimal("0.5"), {USDT: Decimal(5)})


def test_addresses_are_those_of_links_as_well(desk: Desk) -> None:
    day = timedelta(days=1).total_seconds()
    desk.book(0, replace(out(1, "1", 0), route=Route(tx_hash="ab", address="elsewhere")))
    desk.book(1, replace(into(2, "1", 60), route=Route(tx_hash="ab")))
    desk.service.run(desk.tenant)
    desk.book(0, replace(out(3, "2", day), route=Route(address="elsewhere")))
    desk.book(1, replace(into(4, "2", day + 60), route=Route(network="BTC")))
    assert desk.service.run(desk.tenant) == 1
