from datetime import timedelta
from decimal import Decimal

from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.markets.model import Price
from nightdesk.portfolio.valuation import PriceGraph, Rate
from tests.builders.ledger import RECORDED


def price(symbol: str, last: str, *, minutes_ago: int = 0, venue: str = "BINANCE") -> Price:
    instrument = parse_instrument(f"{venue}:{symbol}")
    return Price(instrument=instrument, last=Decimal(last), at=RECORDED - timedelta(minutes=minutes_ago))


def rate(asset: str, into: str, *prices: Price) -> Rate | None:
    return PriceGraph(prices).rate(AssetId(asset), AssetId(into))


def test_asset_is_worth_itself_at_no_instant() -> None:
    assert rate("BTC", "BTC") == Rate(Decimal(1), None)


def test_market_of_the_two_gives_the_rate_and_its_age() -> None:
    found = rate("BTC", "USDT", price("BTC/USDT", "60000", minutes_ago=5))
    assert found == Rate(Decimal(60000), RECORDED - timedelta(minutes=5))


def test_market_is_turned_round() -> None:
    assert rate("USDT", "BTC", price("BTC/USDT", "50000")) == Rate(Decimal("0.00002"), RECORDED)


def test_bridge_multiplies_and_is_as_old_as_its_older_price() -> None:
    found = rate("XRP", "USDT", price("XRP/ETH", "0.0002", minutes_ago=7), price("ETH/USDT", "3000"))
    assert found == Rate(Decimal("0.6"), RECORDED - timedelta(minutes=7))


def test_bridge_may_be_crossed_against_both_markets() -> None:
    assert rate("EUR", "BTC", price("BTC/USDT", "50000"), price("EUR/USDT", "1.1")) == Rate(
        Decimal("0.000022"), RECORDED
    )


def test_two_bridges_are_too_many() -> None:
    assert rate("XRP", "EUR", price("XRP/ETH", "1"), price("ETH/BTC", "1"), price("BTC/EUR", "1")) is None


def test_asset_without_any_market_has_no_rate() -> None:
    assert rate("DOGE", "USDT", price("BTC/USDT", "1")) is None


def test_price_of_nothing_is_no_price() -> None:
    assert rate("BTC", "USDT", price("BTC/USDT", "0")) is None


def test_newest_price_of_several_venues_counts() -> None:
    old, new = price("BTC/USDT", "1", minutes_ago=1), price("BTC/USDT", "2", venue="KRAKEN")
    assert rate("BTC", "USDT", old, new) == rate("BTC", "USDT", new, old) == Rate(Decimal(2), RECORDED)


def test_market_that_died_gives_way_to_a_fresh_bridge_only() -> None:
    bridge = (price("XRP/BTC", "1"), price("BTC/USDT", "5"))
    dead = rate("XRP", "USDT", price("XRP/USDT", "3", minutes_ago=61), *bridge)
    quiet = rate("XRP", "USDT", price("XRP/USDT", "3", minutes_ago=60), *bridge)
    assert dead
    assert quiet
    assert [dead.value, quiet.value] == [5, 3]
