"""Row 3: a disposal without a purchase shows a range, marks the disposal, and takes a lot with evidence."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import Money
from nightdesk.ledger.inbox import Cause, InboxFilter
from nightdesk.ledger.repairs import Action
from tests.builders.ledger import movement, trade
from tests.builders.reconciled import ReconciledDesk
from tests.servers import Postgres

pytestmark = pytest.mark.integration

MISSING = InboxFilter(cause=Cause.MISSING_ACQUISITION)
USDT = AssetId("USDT")


@pytest.fixture
def desk(postgres: Postgres) -> Iterator[ReconciledDesk]:
    made = ReconciledDesk(postgres)
    yield made
    made.close()


@pytest.mark.parametrize("arrived", [True, False])
def test_a_sale_without_a_purchase_is_a_range_until_its_lot_is_known(desk: ReconciledDesk, *, arrived: bool) -> None:
    account = desk.account()
    if arrived:
        desk.book(account, movement(1, "BTC", "2"))
    desk.book(account, trade(2, "-2", "100"))
    desk.sync(account, USDT="100")
    (row,) = desk.inbox(MISSING)
    assert row.finding.details["identity"] == "trade:BTCUSDT:2"
    assert row.finding.at_stake == Money(Decimal(100), USDT)
    first = desk.totals()
    assert (first.realised.low, first.realised.high, first.is_proven) == (Decimal(0), Decimal(100), False)
    assert desk.inbox(InboxFilter(cause=Cause.NEGATIVE_BALANCE)) == []

    desk.repair(row, Action.OPENING_LOT, "invoice of 2019", cost=Money(Decimal(30), USDT))
    desk.sync(account, USDT="100")
    assert desk.inbox(MISSING) == []
    final = desk.totals()
    assert final.realised.low == final.realised.high == Decimal(70)
    assert first.realised.low <= final.realised.low <= first.realised.high
