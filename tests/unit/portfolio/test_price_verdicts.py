"""How well prices are confirmed, beside each position, and what that does to the total."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

from fargate.portfolio_tracker.views import Views
from nightdesk.contracts.api.present_books import uncertainty_shape
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.markets.model import Price
from nightdesk.portfolio.model import Portfolio
from nightdesk.portfolio.price_verdicts import with_verdicts
from nightdesk.portfolio.service import value_books
from nightdesk.portfolio.uncertainty import Range, uncertainty
from nightdesk.portfolio.valuation import PriceGraph
from tests.builders.replays import TENANT, books
from tests.builders.rules import at

NOW = at(600)


def price(series: str, last: str, seconds: float = 600) -> Price:
    return Price(instrument=parse_instrument(series), last=Decimal(last), at=at(seconds))


AGREED = (price("BINANCE:BTC/USDT", "100"), price("KRAKEN:BTC/USDT", "100.1"))


def judged(*prices: Price, **quantities: str) -> Portfolio:
    graph = PriceGraph(prices)
    return with_verdicts(value_books(TENANT, books(**quantities), graph, NOW), graph)


def verdict(portfolio: Portfolio, asset: str) -> tuple[object, ...]:
    told = portfolio.verdicts[AssetId(asset)]
    return told.standing.value, told.sources, told.low, told.high


def total(portfolio: Portfolio) -> tuple[Range, tuple[str, ...]]:
    found = uncertainty(portfolio, [], lambda _: None)
    assert found.is_proven is not bool(found.prices)
    assert uncertainty_shape(found).prices == list(found.prices)
    return found.value, found.prices


def test_a_price_that_venues_confirm_leaves_the_total_a_point() -> None:
    portfolio = judged(*AGREED, BTC="2", USDT="5")
    assert verdict(portfolio, "BTC") == ("agreed", 2, 100, 100)
    assert total(portfolio) == (Range(Decimal(205), Decimal(205)), ())


def test_what_one_source_prices_is_in_the_most_only() -> None:
    portfolio = judged(*AGREED, price("BINANCE:ADA/USDT", "3"), BTC="2", ADA="10", USDT="5")
    assert verdict(portfolio, "ADA") == ("one_source", 1, 0, 3)
    assert total(portfolio) == (Range(Decimal(205), Decimal(235)), ("ADA",))


def test_a_debt_that_one_source_prices_widens_the_other_way() -> None:
    assert total(judged(price("BINANCE:ADA/USDT", "3"), ADA="-10"))[0] == Range(Decimal(-30), Decimal(0))


def test_of_two_that_contradict_each_other_either_may_be_right() -> None:
    prices = price("BINANCE:ADA/USDT", "3"), price("KRAKEN:ADA/USDT", "4.5")
    portfolio = judged(*prices, ADA="10")
    assert verdict(portfolio, "ADA") == ("disputed", 2, 3, Decimal("4.5"))
    between, doubted = total(portfolio)
    assert (between, doubted) == (Range(Decimal(30), Decimal(45)), ("ADA",))
    for third in ("1", "3.1", "4", "9"):  # whatever a third says, the total lies where it was said to lie
        resolved = judged(*prices, price("COINBASE:ADA/USDT", third), ADA="10")
        assert between.low <= resolved.total.value <= between.high
        assert total(resolved)[1] == ()


def test_a_market_turned_round_is_doubted_turned_round() -> None:
    portfolio = judged(price("BINANCE:USDT/TRY", "40"), price("KRAKEN:USDT/TRY", "50"), TRY="100")
    assert verdict(portfolio, "TRY") == ("disputed", 2, Decimal("0.02"), Decimal("0.025"))


def test_on_a_way_over_two_markets_the_weaker_says_how_well_it_is_known() -> None:
    ada = price("BINANCE:ADA/BTC", "0.01"), price("KRAKEN:ADA/BTC", "0.01")
    assert verdict(judged(*AGREED, *ada, ADA="1"), "ADA") == ("agreed", 2, 1, 1)
    assert verdict(judged(*AGREED, ada[0], ADA="1"), "ADA") == ("one_source", 1, 0, 1)


def test_what_is_much_older_than_the_newest_is_stale_whoever_agreed() -> None:
    old = price("BINANCE:ADA/USDT", "3", 0), price("KRAKEN:ADA/USDT", "3", 0)
    portfolio = judged(*AGREED, *old, BTC="1", ADA="1")
    assert [verdict(portfolio, each)[0] for each in ("BTC", "ADA")] == ["agreed", "stale"]
    assert total(portfolio)[1] == ()


def test_what_has_no_price_has_no_verdict() -> None:
    assert judged(SOL="1", USDT="1", BTC="0").verdicts == {}


def test_live_views_carry_the_verdict_and_look_at_it_once_a_second() -> None:
    views = Views()
    views.hear(AGREED[0])

    def told(seconds: float) -> list[tuple[str, int]]:
        now = NOW + timedelta(seconds=seconds)
        message = views.changes([TENANT], lambda _: books(BTC="1", USDT="1"), now).get(TENANT)
        parts = json.loads(message) if message else {"assets": [], "holdings": []}
        rows = [row for row in (*parts["assets"], *parts["holdings"]) if row["asset"] == "BTC"]
        return [(row["price_verdict"], row["price_sources"]) for row in rows]

    assert told(0) == [("one_source", 1)] * 2
    views.hear(AGREED[1])
    assert told(0.5) == []
    assert told(1) == [("agreed", 2)] * 2
    assert views.changes([], lambda _: None, NOW) == {}
    assert told(1.1) == [("agreed", 2)] * 2
