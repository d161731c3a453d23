"""What every inbox promises, asked of the one in memory and of PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from _pytest.fixtures import FixtureRequest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.inbox import PostgresInboxStore
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.money import Money
from nightdesk.ledger.inbox import (
    DESK,
    Cause,
    Finding,
    FindingState,
    InboxEvent,
    InboxFilter,
    InboxStore,
    Settlement,
    finding_id,
)
from tests.builders.ledger import RECORDED, at, new_account, new_tenant
from tests.fakes.inbox import FakeInboxStore

Opened = Callable[[TenantId], AbstractContextManager[InboxStore]]
LATER = RECORDED + timedelta(minutes=1)
BTC = AssetId("BTC")
NEGATIVE = Finding(
    cause=Cause.NEGATIVE_BALANCE,
    identity="negative_balance:1:spot:BTC",
    account_id=new_account(),
    asset=BTC,
    wallet="spot",
    occurred_at=at(5),
    at_stake=Money(Decimal("1.000000000000000001"), BTC),
    details={"balance": "-1.000000000000000001"},
)
TOLD_ONCE = Finding(cause=Cause.CONTRADICTED, identity="contradicted:1:trade:7", details={"told": {"legs": ["1"]}})


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def opened(request: FixtureRequest) -> Iterator[Opened]:
    if request.param == "memory":
        yield FakeInboxStore()
        return
    database = Database(request.getfixturevalue("postgres").url("app"))

    @contextmanager
    def of_postgres(tenant_id: TenantId) -> Iterator[InboxStore]:
        with database.transaction(tenant_id=tenant_id) as connection:
            yield PostgresInboxStore(connection)

    yield of_postgres
    database.close()


def settled(state: FindingState, action: str = "dismiss") -> Settlement:
    return Settlement(state=state, by="user:1", action=action, at=LATER, note="seen", effects={"facts": ["a"]})


def test_a_finding_comes_back_as_it_was_raised_and_once(opened: Opened) -> None:
    tenant = new_tenant()
    with opened(tenant) as inbox:
        assert inbox.raise_(tenant, [NEGATIVE, TOLD_ONCE, NEGATIVE], RECORDED) == 2
    with opened(tenant) as inbox:
        assert inbox.raise_(tenant, [NEGATIVE], LATER) == 0
        wanted = [finding_id(tenant, each.identity) for each in (TOLD_ONCE, NEGATIVE)]
        rows = inbox.rows(tenant, [*wanted, finding_id(tenant, "nothing")])
        assert [row.finding for row in rows] == [TOLD_ONCE, NEGATIVE]
        assert {(row.state, row.raised_at, row.changed_at, row.returned) for row in rows} == {
            (FindingState.OPEN, RECORDED, RECORDED, 0)
        }
        assert inbox.events(tenant, wanted[0]) == (InboxEvent(at=RECORDED, what="raised", by=DESK),)


def test_an_open_finding_takes_the_latest_details_quietly(opened: Opened) -> None:
    tenant = new_tenant()
    latest = replace(NEGATIVE, details={"balance": "-2"}, at_stake=Money(Decimal(2), BTC))
    with opened(tenant) as inbox:
        inbox.raise_(tenant, [NEGATIVE], RECORDED)
        assert inbox.raise_(tenant, [latest], LATER) == 0
        row = inbox.lock(tenant, finding_id(tenant, NEGATIVE.identity))
        assert row is not None
        assert (row.finding, row.raised_at, row.changed_at) == (latest, RECORDED, LATER)


@pytest.mark.parametrize(
    ("finding", "state", "again", "returns"),
    [
        (NEGATIVE, FindingState.RESOLVED, NEGATIVE, True),
        (NEGATIVE, FindingState.DISMISSED, NEGATIVE, False),
        (NEGATIVE, FindingState.DISMISSED, replace(NEGATIVE, details={"balance": "-3"}), True),
        (TOLD_ONCE, FindingState.RESOLVED, TOLD_ONCE, False),
        (TOLD_ONCE, FindingState.RESOLVED, replace(TOLD_ONCE, details={"told": {"legs": ["2"]}}), True),
        (TOLD_ONCE, FindingState.DISMISSED, TOLD_ONCE, False),
    ],
)
def test_what_returns_is_open_again(
    opened: Opened, finding: Finding, state: FindingState, again: Finding, *, returns: bool
) -> None:
    tenant, end = new_tenant(), settled(state)
    number = finding_id(tenant, finding.identity)
    with opened(tenant) as inbox:
        inbox.raise_(tenant, [finding], RECORDED)
        inbox.settle(tenant, number, end)
        assert inbox.raise_(tenant, [again], LATER) == int(returns)
        row = inbox.lock(tenant, number)
        assert row is not None
        assert (row.state, row.returned) == ((FindingState.OPEN, 1) if returns else (state, 0))
        assert row.settlement == (None if returns else end)
        assert row.finding == (again if returns else finding)
        happened = [event.what for event in inbox.events(tenant, number)]
    assert happened == ["raised", "dismiss", "returned"][: 3 if returns else 2]


def test_what_is_gone_is_resolved_by_the_desk(opened: Opened) -> None:
    tenant = new_tenant()
    with opened(tenant) as inbox:
        inbox.raise_(tenant, [NEGATIVE, TOLD_ONCE], RECORDED)
        assert inbox.standing(tenant, "negative_balance:1:") == {NEGATIVE.identity}
        assert inbox.vanish(tenant, [], LATER) == 0
        assert inbox.vanish(tenant, [NEGATIVE.identity, "unknown"], LATER) == 1
        assert inbox.vanish(tenant, [NEGATIVE.identity], LATER) == 0
        assert inbox.standing(tenant, "negative_balance:1:") == frozenset()
        row = inbox.lock(tenant, finding_id(tenant, NEGATIVE.identity))
        assert row is not None
        assert row.settlement == Settlement(state=FindingState.RESOLVED, by=DESK, action="vanished", at=LATER)


def test_what_was_undone_is_open_and_says_so(opened: Opened) -> None:
    tenant, number = (new := new_tenant()), finding_id(new, NEGATIVE.identity)
    undone = InboxEvent(at=LATER, what="undone", by="user:1", note="wrong", details={"facts": ["b"]})
    with opened(tenant) as inbox:
        inbox.raise_(tenant, [NEGATIVE], RECORDED)
        inbox.settle(tenant, number, settled(FindingState.RESOLVED, "record_deposit"))
        inbox.reopen(tenant, number, undone)
        row = inbox.lock(tenant, number)
        assert row is not None
        assert (row.state, row.settlement, row.returned) == (FindingState.OPEN, None, 0)
        assert inbox.events(tenant, number)[-1] == undone


def test_filters_choose(opened: Opened) -> None:
    tenant = new_tenant()
    ids = {each.cause: finding_id(tenant, each.identity) for each in (NEGATIVE, TOLD_ONCE)}
    with opened(tenant) as inbox:
        inbox.raise_(tenant, [NEGATIVE, TOLD_ONCE], RECORDED)
        inbox.settle(tenant, ids[Cause.CONTRADICTED], settled(FindingState.DISMISSED))

        def found(wanted: InboxFilter) -> set[Cause]:
            stakes = {stake.finding_id for stake in inbox.stakes(tenant, wanted)}
            return {cause for cause, number in ids.items() if number in stakes}

        assert found(InboxFilter()) == {Cause.NEGATIVE_BALANCE}
        assert found(InboxFilter(state=None)) == set(ids)
        assert found(InboxFilter(state=FindingState.DISMISSED)) == {Cause.CONTRADICTED}
        assert found(InboxFilter(state=None, cause=Cause.CONTRADICTED)) == {Cause.CONTRADICTED}
        assert found(InboxFilter(account_id=NEGATIVE.account_id, asset=BTC)) == {Cause.NEGATIVE_BALANCE}
        assert found(InboxFilter(account_id=new_account())) == set()
        (stake,) = inbox.stakes(tenant, InboxFilter())
        assert (stake.at_stake, stake.changed_at) == (NEGATIVE.at_stake, RECORDED)


def test_another_tenant_sees_nothing(opened: Opened) -> None:
    tenant, stranger = new_tenant(), new_tenant()
    number = finding_id(tenant, NEGATIVE.identity)
    with opened(tenant) as inbox:
        inbox.raise_(tenant, [NEGATIVE], RECORDED)
    with opened(stranger) as inbox:
        assert inbox.stakes(stranger, InboxFilter(state=None)) == ()
        assert inbox.rows(stranger, [number]) == ()
        assert inbox.lock(stranger, number) is None
        assert inbox.events(stranger, number) == ()
        assert inbox.standing(stranger, "") == frozenset()
