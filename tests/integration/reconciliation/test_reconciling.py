"""Derived against reported, sync by sync, over a real ledger."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.accounts.model import AccountState
from nightdesk.adapters.postgres.accounts import PostgresAccountStore
from nightdesk.kernel.ids import AccountId
from nightdesk.ledger.corrections import reversal_of
from nightdesk.ledger.inbox import Cause
from tests.builders.ledger import at, movement, trade
from tests.builders.reconciled import ReconciledDesk
from tests.servers import Postgres

pytestmark = pytest.mark.integration


@pytest.fixture
def desk(postgres: Postgres) -> Iterator[ReconciledDesk]:
    made = ReconciledDesk(postgres)
    yield made
    made.close()


@pytest.fixture
def account(desk: ReconciledDesk) -> AccountId:
    return desk.account()


def test_balances_that_agree_are_proven_from_the_first_event_to_the_report(
    desk: ReconciledDesk, account: AccountId
) -> None:
    desk.book(account, movement(1, "USDT", "100"), trade(2, "1", "-40"))
    checks = desk.report(account, USDT="60", BTC="1")
    assert {asset: (check.derived, check.difference) for asset, check in checks.items()} == {
        "USDT": (Decimal(60), Decimal(0)),
        "BTC": (Decimal(1), Decimal(0)),
    }
    assert (checks["USDT"].proven_since, checks["USDT"].proven_until) == (at(1), desk.clock.now())
    assert desk.report(account, USDT="60", BTC="1")["USDT"].proven_until == desk.clock.now()
    assert desk.inbox() == []


def test_a_difference_closes_or_is_a_finding_after_three_reports(desk: ReconciledDesk, account: AccountId) -> None:
    desk.book(account, movement(1, "USDT", "100"))
    proven = desk.report(account, USDT="100")["USDT"].proven_until
    cycles = [desk.report(account, USDT="90")["USDT"].cycles_open for _ in range(2)]
    assert (cycles, desk.inbox()) == ([1, 2], [])
    check = desk.report(account, USDT="90")["USDT"]
    assert (check.cycles_open, check.proven_until) == (3, proven)
    (row,) = desk.inbox()
    assert (row.finding.cause, row.finding.details["difference"]) == (Cause.DIFFERENCE, "-10")
    desk.report(account, USDT="90")
    assert [again.changed_at for again in desk.inbox()] == [row.changed_at]
    desk.book(account, movement(2, "USDT", "-10", second=10**8))
    assert desk.report(account, USDT="90")["USDT"].cycles_open == 0
    assert desk.inbox() == []


def test_asking_twice_about_one_report_counts_once(desk: ReconciledDesk, account: AccountId) -> None:
    desk.book(account, movement(1, "USDT", "100"))
    desk.report(account, USDT="90")
    for _ in range(5):
        (check,) = desk.service.run(desk.tenant, account)
    assert check.cycles_open == 1


def test_what_is_under_way_is_no_difference(desk: ReconciledDesk, account: AccountId) -> None:
    """The report is older than the last fill, or the fill than the report: both agree."""
    now = (desk.clock.now() - at(0)) / timedelta(seconds=1)
    desk.book(account, movement(1, "USDT", "100"), trade(2, "1", "-40", second=now + 90))
    assert desk.report(account, USDT="100", BTC="0")["USDT"].cycles_open == 0
    check = desk.report(account, USDT="60", BTC="1", reported_at=desk.clock.now() + timedelta(seconds=15))["USDT"]
    assert (check.cycles_open, check.as_of) == (0, at(now + 90))


def test_what_the_venue_left_out_is_zero_and_what_the_ledger_lacks_too(
    desk: ReconciledDesk, account: AccountId
) -> None:
    desk.book(account, movement(1, "USDT", "100"))
    for _ in range(3):
        checks = desk.report(account, DOGE="7")
    assert {asset: check.difference for asset, check in checks.items()} == {
        "USDT": Decimal(-100),
        "DOGE": Decimal(7),
    }
    assert {row.finding.asset for row in desk.inbox()} == {"USDT", "DOGE"}


def test_a_key_that_fails_is_a_finding_until_it_works(desk: ReconciledDesk, account: AccountId) -> None:
    def state(wanted: AccountState, code: str | None) -> None:
        with desk.database.transaction(tenant_id=desk.tenant) as connection:
            PostgresAccountStore(connection).set_state(desk.tenant, account, wanted, code)
        desk.service.run(desk.tenant, account)

    state(AccountState.FAILING, "accounts.key_wrong")
    (row,) = desk.inbox()
    assert (row.finding.cause, row.finding.details) == (Cause.KEY_FAILING, {"code": "accounts.key_wrong"})
    state(AccountState.ACTIVE, None)
    assert desk.inbox() == []


def test_a_venue_that_withholds_old_history_says_so(desk: ReconciledDesk) -> None:
    account = desk.account("htx")
    desk.book(account, movement(1, "USDT", "5"))
    for _ in range(3):
        check = desk.report(account, USDT="105")["USDT"]
    assert check.proven_until is None
    (row,) = desk.inbox()
    assert (row.finding.cause, row.finding.details["difference"]) == (Cause.HISTORY_HORIZON, "100")


def test_nobody_is_judged_without_a_report_or_an_account(desk: ReconciledDesk, account: AccountId) -> None:
    desk.book(account, movement(1, "USDT", "5"))
    assert desk.service.run(desk.tenant, account) == ()
    assert desk.service.run(desk.tenant, AccountId(desk.tenant)) == ()


HISTORY = (
    movement(1, "USDT", "100"),
    movement(50, "USDT", "70", second=50),
    trade(60, "1", "-40"),
    movement(90, "USDT", "5", second=90),
)


def test_a_deposit_that_the_venue_took_back_moves_the_line_to_exactly_its_time(
    desk: ReconciledDesk, account: AccountId
) -> None:
    desk.book(account, *HISTORY)
    assert desk.report(account, USDT="135", BTC="1")["USDT"].proven_until == desk.clock.now()
    for _ in range(3):
        check = desk.report(account, USDT="65", BTC="1")["USDT"]
    assert (check.proven_since, check.proven_until) == (at(1), at(50))
    (row,) = desk.inbox()
    assert (row.finding.cause, row.finding.asset, row.finding.occurred_at) == (Cause.DIFFERENCE, "USDT", at(50))


def test_a_deposit_that_is_taken_out_of_the_ledger_moves_the_line_to_exactly_its_time(
    desk: ReconciledDesk, account: AccountId
) -> None:
    desk.book(account, *HISTORY)
    desk.report(account, USDT="135", BTC="1")
    desk.book(account, reversal_of(account, HISTORY[1], "user.1"))
    for _ in range(3):
        check = desk.report(account, USDT="135", BTC="1")["USDT"]
    assert (check.proven_since, check.proven_until) == (at(1), at(50))
    assert len(desk.inbox()) == 1
