"""Our client of CoinMarketCap against the stand-in, over TLS and under the real host name."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from nightdesk.adapters.marketdata.coinmarketcap import HOST, CoinMarketCap
from nightdesk.kernel.errors import Forbidden, RateLimited, Unavailable
from nightdesk.markets.caps import CapId
from tests.servers import Paper

pytestmark = pytest.mark.integration
BITCOIN = CapId(1)


@pytest.fixture
def source(paper: Paper) -> Iterator[CoinMarketCap]:
    yield CoinMarketCap("a-key", route=paper.route)
    paper.admin("DELETE", "/reference/moods")


def fail(paper: Paper, mood: str) -> None:
    paper.admin("POST", "/reference/moods", {"host": HOST, "mood": mood, "times": 1})


def test_a_thousand_coins_for_five_credits(source: CoinMarketCap) -> None:
    listings = source.listings()
    assert len(listings.rows) == 1000
    assert listings.credits_used == 5
    assert [row.rank for row in listings.rows] == list(range(1, 1001))
    bitcoin = listings.rows[0]
    assert (bitcoin.cap_id, bitcoin.symbol, bitcoin.stable) == (BITCOIN, "BTC", False)
    assert bitcoin.circulating_supply == Decimal(19_950_000)
    assert bitcoin.market_cap is not None
    assert abs(bitcoin.market_cap / (bitcoin.price * 19_950_000) - 1) < Decimal("0.05")
    assert next(row for row in listings.rows if row.symbol == "USDT").stable
    assert any(row.market_cap is None for row in listings.rows)


def test_highs_for_a_credit_a_hundred(source: CoinMarketCap) -> None:
    highs = source.highs([row.cap_id for row in source.listings().rows[:150]])
    assert len(highs.by_id) == 150
    assert highs.credits_used == 2
    assert highs.by_id[BITCOIN].price >= Decimal("126198.07")
    assert highs.by_id[BITCOIN].known_since is None


def test_a_plan_without_highs(paper: Paper, source: CoinMarketCap) -> None:
    fail(paper, "not_in_plan")
    with pytest.raises(Forbidden) as refusal:
        source.highs([BITCOIN])
    assert refusal.value.code == "caps.not_in_plan"


@pytest.mark.parametrize(
    ("mood", "code"),
    [("down", "caps.unavailable"), ("malformed", "caps.malformed"), ("rate_limited", "caps.rate_limited")],
)
def test_a_source_that_fails(paper: Paper, source: CoinMarketCap, mood: str, code: str) -> None:
    fail(paper, mood)
    with pytest.raises((Unavailable, RateLimited)) as refusal:
        source.listings()
    assert refusal.value.code == code


def test_a_missing_key_is_refused(paper: Paper) -> None:
    with pytest.raises(Unavailable, match="401"):
        CoinMarketCap("", route=paper.route).listings()
