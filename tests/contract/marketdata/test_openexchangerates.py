"""Our client of Open Exchange Rates against the stand-in, over TLS and under the real host name."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from nightdesk.adapters.marketdata.openexchangerates import HOST, OpenExchangeRates
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NotFound, RateLimited, Unavailable
from tests.servers import Paper

pytestmark = pytest.mark.integration


@pytest.fixture
def source(paper: Paper) -> Iterator[OpenExchangeRates]:
    yield OpenExchangeRates("an-id", route=paper.route)
    paper.admin("DELETE", "/reference/moods")


def fail(paper: Paper, mood: str) -> None:
    paper.admin("POST", "/reference/moods", {"host": HOST, "mood": mood, "times": 1})


def test_the_latest_table_has_hundreds_of_currencies(source: OpenExchangeRates) -> None:
    rates = source.latest().rates
    assert rates is not None
    assert rates.base == "USD"
    assert len(rates.rates) > 160
    assert rates.rates[AssetId("USD")] == 1
    assert rates.rates[AssetId("JPY")] == Decimal("156.84")
    assert 0 < rates.cross(AssetId("USD"), AssetId("EUR")) < 2


def test_an_unchanged_table_is_not_sent_again(source: OpenExchangeRates) -> None:
    first = source.latest()
    assert first.mark
    again = source.latest(first.mark)
    assert (again.rates, again.mark) == (None, first.mark)


def test_a_past_days_table(source: OpenExchangeRates) -> None:
    rates = source.on_day(date(2024, 3, 8))
    assert rates.at.date() == date(2024, 3, 8)
    assert 0 < rates.rates[AssetId("EUR")] < 2
    with pytest.raises(NotFound):
        source.on_day(date(1998, 12, 31))
    with pytest.raises(Unavailable):
        source.on_day(date(2150, 1, 1))


def test_a_missing_id_is_refused_without_naming_it(paper: Paper) -> None:
    with pytest.raises(Unavailable, match="401") as refusal:
        OpenExchangeRates("", route=paper.route).latest()
    assert refusal.value.code == "fx.unavailable"


@pytest.mark.parametrize(
    ("mood", "code"),
    [("down", "fx.unavailable"), ("malformed", "fx.malformed"), ("rate_limited", "fx.rate_limited")],
)
def test_a_source_that_fails(paper: Paper, source: OpenExchangeRates, mood: str, code: str) -> None:
    fail(paper, mood)
    with pytest.raises((Unavailable, RateLimited)) as refusal:
        source.latest()
    assert refusal.value.code == code
    assert refusal.value.retry_after_s == (60 if mood == "rate_limited" else None)


def test_an_address_where_nobody_answers(paper: Paper) -> None:
    with pytest.raises(Unavailable):
        OpenExchangeRates("an-id", route=f"local:127.0.0.1:1:{paper.ca_file}").latest()
