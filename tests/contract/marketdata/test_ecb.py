"""Our client of the European Central Bank's reference rates against the stand-in."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from nightdesk.adapters.marketdata.ecb import HOST, EuropeanCentralBank
from nightdesk.adapters.marketdata.openexchangerates import OpenExchangeRates
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NotFound, RateLimited, Unavailable
from nightdesk.kernel.instants import from_ms
from tests.fakes.clock import FakeClock
from tests.servers import Paper

pytestmark = pytest.mark.integration
EUR, USD = AssetId("EUR"), AssetId("USD")


@pytest.fixture
def clock(paper: Paper) -> FakeClock:
    shown = paper.admin("GET", "/clock")
    assert isinstance(shown, dict)
    return FakeClock(from_ms(shown["market_at_ms"]))


@pytest.fixture
def source(paper: Paper, clock: FakeClock) -> Iterator[EuropeanCentralBank]:
    yield EuropeanCentralBank(clock, route=paper.route)
    paper.admin("DELETE", "/reference/moods")


def test_the_newest_day_without_currencies_that_left_the_list(source: EuropeanCentralBank, clock: FakeClock) -> None:
    rates = source.latest().rates
    assert rates is not None
    assert (rates.source, rates.base, len(rates.rates)) == ("ecb", "EUR", 31)
    assert AssetId("RUB") not in rates.rates
    assert timedelta(0) < clock.now() - rates.at < timedelta(days=5)
    assert rates.at.tzinfo is UTC


def test_it_agrees_with_the_first_source(source: EuropeanCentralBank, paper: Paper) -> None:
    ours, theirs = source.latest().rates, OpenExchangeRates("an-id", route=paper.route).latest().rates
    assert ours is not None
    assert theirs is not None
    for code in ("JPY", "GBP", "ZAR"):
        one, two = ours.cross(USD, AssetId(code)), theirs.cross(USD, AssetId(code))
        assert abs(one / two - 1) < Decimal("0.03")


def test_an_unchanged_table_is_not_sent_again(source: EuropeanCentralBank) -> None:
    first = source.latest()
    assert source.latest(first.mark).rates is None


def test_a_weekend_has_fridays_rates(source: EuropeanCentralBank) -> None:
    rates = source.on_day(date(2024, 3, 10))
    assert rates.at == datetime(2024, 3, 8, 13, 15, tzinfo=UTC)
    assert rates.rates[EUR] == 1
    assert source.on_day(date(2024, 7, 5)).at.hour == 12  # summer time in Frankfurt
    with pytest.raises(NotFound):
        source.on_day(date(1999, 1, 3))


@pytest.mark.parametrize(
    ("mood", "code"),
    [("down", "fx.unavailable"), ("malformed", "fx.malformed"), ("rate_limited", "fx.rate_limited")],
)
def test_a_source_that_fails(paper: Paper, source: EuropeanCentralBank, mood: str, code: str) -> None:
    paper.admin("POST", "/reference/moods", {"host": HOST, "mood": mood, "times": 1})
    with pytest.raises((Unavailable, RateLimited)) as refusal:
        source.latest()
    assert refusal.value.code == code


def test_a_day_so_long_past_that_nothing_is_found(paper: Paper) -> None:
    with pytest.raises(Unavailable):
        EuropeanCentralBank(FakeClock(datetime(2150, 1, 2, tzinfo=UTC)), route=paper.route).latest()
