"""What a stream left out, told by numbers; and numbers made for trades that have none."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nightdesk.adapters.exchange.polled_market_stream import FULL_ROWS, numbered
from nightdesk.adapters.exchange.trade_holes import HOLE_AFTER_S, LOST_AFTER_S, RECENT, Hole, MessageNumbers, TradeHoles
from nightdesk.candles.model import Trade
from nightdesk.kernel.assets import AssetId, Instrument, VenueId

START = datetime(2026, 1, 1, tzinfo=UTC)
MARKET = Instrument(VenueId("kraken"), AssetId("BTC"), AssetId("USD"))


def trade(identity: int | None, second: float = 0.0) -> Trade:
    return Trade(START + timedelta(seconds=second), Decimal(1), Decimal(1), identity)


def heard(*identities: int) -> TradeHoles:
    holes = TradeHoles()
    for identity in identities:
        holes.heard(MARKET, trade(identity, identity))
    return holes


def test_a_trade_that_is_left_out_for_a_while_is_asked_for() -> None:
    holes = heard(1, 2, 5)
    assert holes.due(10.0) == []
    assert holes.due(10.0 + HOLE_AFTER_S) == [Hole(MARKET, 3, 4, START + timedelta(seconds=2))]
    holes.filled(holes.due(12.0)[0])
    assert holes.due(13.0) == []


def test_a_trade_that_comes_late_is_no_hole() -> None:
    holes = heard(1, 3)
    assert holes.due(10.0) == []
    holes.heard(MARKET, trade(2, 2))
    assert holes.due(20.0) == []


def test_trades_without_numbers_have_no_holes() -> None:
    holes = TradeHoles()
    holes.heard(MARKET, trade(None))
    assert holes.due(99.0) == []


def test_what_lies_too_far_back_is_left_to_the_venues_bars() -> None:
    holes = heard(1, *range(3, 3 + RECENT))
    assert holes.due(10.0) == []
    assert holes.due(99.0) == []


def test_a_message_that_does_not_come_is_lost() -> None:
    numbers = MessageNumbers()
    for number in (0, 1, 3):
        numbers.heard(number)
    assert not numbers.has_lost(10.0)
    assert numbers.has_lost(10.0 + LOST_AFTER_S)
    numbers.heard(2)
    assert not numbers.has_lost(99.0)


def test_trades_without_numbers_get_the_same_in_each_page() -> None:
    page = [trade(None, 1), trade(None, 1), trade(None, 2)]
    first, second = numbered(page), numbered([*page[::-1], trade(None, 3)])
    assert [one.identity for one in first] == [one.identity for one in second][:3]
    assert len({one.identity for one in second}) == 4
    assert [one.at for one in second] == [*sorted(one.at for one in page), START + timedelta(seconds=3)]


def test_a_full_page_may_begin_amid_a_millisecond() -> None:
    page = [trade(None, 1), *(trade(None, 2 + number) for number in range(FULL_ROWS))]
    assert len(numbered(page)) == FULL_ROWS
    assert numbered([]) == []
