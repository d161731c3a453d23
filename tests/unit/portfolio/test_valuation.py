from datetime import timedelta
from decimal import Decimal

from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.markets.composite import Verdict
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


def test_first_venue_counts_whoever_told_a_price_last() -> None:
    old, new = price("BTC/USDT", "1000", minutes_ago=1), price("BTC/USDT", "1001", venue="KRAKEN")
    first = Rate(Decimal(1000), RECORDED - timedelta(minutes=1))
    assert rate("BTC", "USDT", old, new) == rate("BTC", "USDT", new, old) == first


def test_venue_that_lies_gives_way_to_the_median() -> None:
    liar = price("BTC/USDT", "1")
    honest = [price("BTC/USDT", told, venue=venue) for venue, told in (("KRAKEN", "1000"), ("HTX", "1002"))]
    assert rate("BTC", "USDT", liar, *honest) == Rate(Decimal(1000), RECORDED)


def test_explanation_names_every_market_on_the_way() -> None:
    graph = PriceGraph([price("XRP/BTC", "1"), price("BTC/USDT", "5"), price("BTC/USDT", "5", venue="HTX")])
    found = graph.explain(AssetId("XRP"), AssetId("USDT"))
    assert found
    assert [[str(source.instrument) for source in step.sources] for step in found.steps] == [
        ["BINANCE:XRP/BTC"],
        ["BINANCE:BTC/USDT", "HTX:BTC/USDT"],
    ]
    assert (found.value, found.verdict) == (Decimal(5), Verdict.ONE_SOURCE)


def test_explanation_of_an_asset_in_itself_needs_no_market() -> None:
    found = PriceGraph([]).explain(AssetId("BTC"), AssetId("BTC"))
    assert found
    assert (found.steps, found.verdict) == ((), Verdict.AGREED)


def test_nothing_explains_what_no_price_says() -> None:
    assert PriceGraph([]).explain(AssetId("BTC"), AssetId("USDT")) is None


def test_market_that_died_gives_way_to_a_fresh_bridge_only() -> None:
    bridge = (price("XRP/BTC", "1"), price("BTC/USDT", "5"))
    dead = rate("XRP", "USDT", price("XRP/USDT", "3", minutes_ago=61), *bridge)
    quiet = rate("XRP", "USDT", price("XRP/USDT", "3", minutes_ago=60), *bridge)
    assert dead
    assert quiet
    assert [dead.value, quiet.value] == [5, 3]
