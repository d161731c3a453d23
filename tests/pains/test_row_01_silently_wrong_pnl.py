"""Row 1: a missing deposit is one row with the right event, and the totals are marked."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from nightdesk.ledger.inbox import Cause, InboxFilter
from tests.builders.ledger import at, movement, trade
from tests.builders.reconciled import ReconciledDesk
from tests.servers import Postgres

pytestmark = pytest.mark.integration


@pytest.fixture
def desk(postgres: Postgres) -> Iterator[ReconciledDesk]:
    made = ReconciledDesk(postgres)
    yield made
    made.close()


def test_a_missing_deposit_is_one_issue_with_its_event_and_the_total_is_marked(desk: ReconciledDesk) -> None:
    account = desk.account()
    desk.book(account, trade(2, "1", "-60"), movement(3, "USDT", "10"), trade(4, "0.5", "-40"))
    for _ in range(4):
        desk.sync(account, USDT="10", BTC="1.5")
    (row,) = [each for each in desk.inbox() if each.finding.cause is not Cause.UNMATCHED_TRANSFER]
    finding = row.finding
    assert (finding.cause, finding.occurred_at) == (Cause.NEGATIVE_BALANCE, at(2))
    assert finding.details["identity"] == "trade:BTCUSDT:2"
    assert (finding.asset, finding.details["lacking"]) == ("USDT", "90")
    assert not desk.totals().is_proven

    desk.book(account, movement(1, "USDT", "100", second=1))
    desk.sync(account, USDT="10", BTC="1.5")
    assert desk.inbox(InboxFilter(cause=Cause.NEGATIVE_BALANCE)) == []
    assert desk.totals().is_proven
    assert desk.totals().value.low == desk.totals().value.high >= Decimal(0)
