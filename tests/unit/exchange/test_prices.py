"""Prices between two looks: the newest of each second is never lost."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nightdesk.adapters.exchange.market_prices import Prices
from nightdesk.candles.model import Trade
from nightdesk.kernel.assets import parse_instrument

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MARKET = parse_instrument("BINANCE:BTC/USDT")


class Frozen:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


def told(*trades: tuple[int, int]) -> list[tuple[int, int]]:
    """Milliseconds and price of what is told after these trades."""
    prices = Prices(Frozen())
    for number, (ms, price) in enumerate(trades):
        at = NOW + timedelta(milliseconds=ms)
        prices.traded(MARKET, Trade(at=at, price=Decimal(price), amount=Decimal(1), identity=number))
    return [((ticker.at - NOW) // timedelta(milliseconds=1), int(ticker.last or 0)) for ticker in prices.changed()]


def test_only_the_newest_of_one_second_is_told() -> None:
    assert told((100, 1), (500, 2), (999, 3)) == [(999, 3)]


def test_the_last_price_of_a_second_is_told_beside_a_newer_one() -> None:
    assert told((999, 1), (1000, 2), (1001, 3)) == [(999, 1), (1001, 3)]


def test_a_late_price_is_told_and_does_not_become_the_newest() -> None:
    assert told((1500, 5), (900, 4)) == [(900, 4), (1500, 5)]


def test_a_late_price_that_ended_no_second_is_not_told() -> None:
    assert told((950, 1), (1500, 5), (900, 4), (1400, 6)) == [(950, 1), (1500, 5)]


def test_of_one_instant_the_higher_number_counts_whichever_comes_first() -> None:
    prices = Prices(Frozen())
    for number, price in ((2, 20), (3, 30), (1, 10)):
        at = NOW + timedelta(milliseconds=2500 if number == 3 else 500)
        prices.traded(MARKET, Trade(at=at, price=Decimal(price), amount=Decimal(1), identity=number))
    assert [int(ticker.last or 0) for ticker in prices.changed()] == [20, 30]
