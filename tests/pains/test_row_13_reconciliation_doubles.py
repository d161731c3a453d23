"""Row 13: nautilus #4736, #3046, #3104, #3622 and #5000 as fixtures: reconciling never changes a position.

What each thread saw, and what holds here: quantity, average price and PnL come from the ledger alone; an event's id is
its venue's, so it can't be made up twice; a difference closes in k cycles or is one issue, and the loop ends.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from nightdesk.accounts.reconciling import CYCLES
from nightdesk.ledger.inbox import Cause
from tests.builders.ledger import movement, trade
from tests.builders.reconciled import ReconciledDesk
from tests.servers import Postgres

pytestmark = pytest.mark.integration

FILLS = (movement(1, "EUR", "1000"), trade(2, "2", "-100", symbol="BTC/EUR"), trade(3, "1", "-80", symbol="BTC/EUR"))


@pytest.fixture
def desk(postgres: Postgres) -> Iterator[ReconciledDesk]:
    made = ReconciledDesk(postgres)
    yield made
    made.close()


def test_4736_a_restart_that_replays_fills_does_not_double_the_position(desk: ReconciledDesk) -> None:
    account = desk.account()
    for _ in range(3):
        desk.book(account, *FILLS)
        desk.report(account, EUR="820", BTC="3")
    held = desk.position(account, "BTC")
    assert (held.quantity, held.cost) == (Decimal(3), {"EUR": Decimal(180)})


def test_3046_a_report_that_lags_behind_a_fill_does_not_flatten_it(desk: ReconciledDesk) -> None:
    account = desk.account()
    desk.book(account, *FILLS)
    desk.report(account, EUR="900", BTC="2")
    assert desk.position(account, "BTC").quantity == 3
    assert desk.report(account, EUR="820", BTC="3")["BTC"].cycles_open == 0
    assert desk.inbox() == []


def test_3104_the_same_fill_by_two_ways_has_one_id(desk: ReconciledDesk) -> None:
    account = desk.account()
    desk.book(account, *FILLS)
    desk.book(account, *(replace(fact, source="binance.stream", order_id=None) for fact in FILLS))
    assert desk.position(account, "BTC").quantity == 3
    assert desk.report(account, EUR="820", BTC="3")["BTC"].cycles_open == 0


def test_3622_a_difference_that_stays_ends_as_one_issue_and_books_nothing(desk: ReconciledDesk) -> None:
    account = desk.account()
    desk.book(account, *FILLS)
    cycles = [desk.report(account, EUR="820", BTC="5")["BTC"].cycles_open for _ in range(4 * CYCLES)]
    assert cycles == list(range(1, 4 * CYCLES + 1))
    (row,) = desk.inbox()
    assert (row.finding.cause, row.finding.details["difference"], row.returned) == (Cause.DIFFERENCE, "2", 0)
    assert desk.position(account, "BTC").quantity == 3


def test_5000_what_is_realised_stays_when_reports_disagree_for_a_while(desk: ReconciledDesk) -> None:
    account = desk.account()
    desk.book(account, *FILLS, trade(4, "-3", "270", symbol="BTC/EUR"))
    for reported in ("3", "0", "1", "0"):
        desk.report(account, EUR="1090", BTC=reported)
    held = desk.position(account, "BTC")
    assert (held.quantity, held.realised) == (Decimal(0), {"EUR": Decimal(90)})
    assert desk.inbox() == []
