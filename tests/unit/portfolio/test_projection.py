import pytest

from nightdesk.kernel.assets import AssetId
from nightdesk.ledger.model import EntryKind, Fact, LegRole
from nightdesk.lots.average_cost import fold
from nightdesk.portfolio.model import Holding
from nightdesk.portfolio.projection import HoldingsProjector, LedgerRecorder
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT, at, leg, moved, movement, trade
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.portfolio import FakeHoldingStore

BTC = AssetId("BTC")
EARLY, MIDDLE, LATE = trade(1, "1", "-10"), trade(2, "1", "-30"), trade(3, "-1", "50")


class Books:
    """A recorder on fakes."""

    def __init__(self) -> None:
        self.ledger, self.holdings = FakeLedgerStore(), FakeHoldingStore()
        self.recorder = LedgerRecorder(self.ledger, self.holdings)

    def record(self, *facts: Fact) -> None:
        self.recorder.record(TENANT, ACCOUNT, facts, recorded_at=RECORDED, correlation_id=CORRELATION)

    def bitcoin(self) -> Holding:
        return self.holdings.get(TENANT, ACCOUNT, [BTC])[BTC]


def test_events_in_order_are_folded_at_once() -> None:
    books = Books()
    for fact in (EARLY, MIDDLE, LATE):
        books.record(fact)
    holding = books.bitcoin()
    assert holding.position == fold([EARLY, MIDDLE, LATE], BTC)
    assert (holding.stale, holding.folded_at, holding.folded_sequence) == (False, at(3), 3)


def test_stale_holding_stays_stale_though_later_events_follow() -> None:
    books = Books()
    for fact in (MIDDLE, EARLY, LATE):
        books.record(fact)
    assert books.bitcoin().stale
    assert books.bitcoin().position.quantity == 1
    books.recorder.settle(TENANT, ACCOUNT, RECORDED)
    assert books.bitcoin().position == fold([EARLY, MIDDLE, LATE], BTC)
    assert not books.bitcoin().stale


def test_replay_folds_nothing_twice() -> None:
    books = Books()
    books.record(EARLY, MIDDLE)
    before = books.bitcoin()
    books.record(EARLY, MIDDLE)
    assert books.bitcoin() == before


def test_settling_without_anything_stale_changes_nothing() -> None:
    books = Books()
    books.record(EARLY)
    before = books.bitcoin()
    books.recorder.settle(TENANT, ACCOUNT, RECORDED)
    assert books.bitcoin() is before


def test_refolding_an_asset_that_was_never_held_makes_no_holding() -> None:
    books = Books()
    books.record(movement(1, "ETH", "1"))
    HoldingsProjector(books.ledger, books.holdings).refold(TENANT, ACCOUNT, [BTC], RECORDED)
    assert books.holdings.assets(TENANT, ACCOUNT) == {"ETH"}


def test_what_contradicts_the_ledger_is_logged_by_its_code(caplog: pytest.LogCaptureFixture) -> None:
    books = Books()
    books.record(trade(1, "1", "-100"))
    books.record(trade(1, "1", "-101"))
    (line,) = caplog.records
    assert line.__dict__["error_code"] == "ledger.contradicted"
    assert line.__dict__["identity"] == "trade:BTCUSDT:1"
    assert books.ledger.doubts[0].told == trade(1, "1", "-101")


def test_account_with_conversions_is_folded_from_whole_entries() -> None:
    books = Books()
    legs = (leg(LegRole.MOVEMENT, "USDT", "-50"), leg(LegRole.MOVEMENT, "BTC", "1"))
    books.record(MIDDLE, moved(7, EntryKind.CONVERSION, *legs, second=3), EARLY)
    books.recorder.settle(TENANT, ACCOUNT, RECORDED)
    books.record(trade(8, "1", "-1", second=0))
    books.recorder.settle(TENANT, ACCOUNT, RECORDED)
    converted = moved(7, EntryKind.CONVERSION, *legs, second=3)
    assert books.bitcoin().position == fold([trade(8, "1", "-1", second=0), EARLY, MIDDLE, converted], BTC)
