from datetime import UTC, datetime

import pytest

from nightdesk.adapters.exchange.errors import banned, rate_limited
from nightdesk.adapters.exchange.weights import Weights, WeightWindow
from nightdesk.kernel.errors import RateLimited
from tests.fakes.clock import FakeClock

HEADER = "x-used"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 3, 1, 12, 0, 40, tzinfo=UTC))


@pytest.fixture
def window(clock: FakeClock) -> WeightWindow:
    return WeightWindow(clock, 100, used_header=HEADER)


def refusal(window: WeightWindow, weight: int) -> RateLimited:
    with pytest.raises(RateLimited) as error:
        window.spend(weight)
    return error.value


def test_limit_is_reached_but_never_passed(window: WeightWindow) -> None:
    for _ in range(5):
        window.spend(20)
    told = refusal(window, 1)
    assert (told.code, told.retry_after_s) == ("venue.rate_limited", 21)


def test_next_minute_begins_at_zero(window: WeightWindow, clock: FakeClock) -> None:
    window.spend(100)
    clock.advance(20)
    window.spend(100)


def test_what_the_venue_says_counts_more(window: WeightWindow) -> None:
    window.spend(10)
    window.observe({HEADER: "95"})
    refusal(window, 6)
    window.spend(5)
    window.observe({HEADER: "1"})
    refusal(window, 1)


@pytest.mark.parametrize("said", ["", "many", "-3"])
def test_header_that_says_nothing(window: WeightWindow, said: str) -> None:
    window.observe({HEADER: said})
    window.spend(100)


def test_ban_is_kept(window: WeightWindow, clock: FakeClock) -> None:
    window.shut(banned(120))
    assert refusal(window, 1).code == "venue.banned"
    clock.advance(119)
    assert refusal(window, 1).retry_after_s == 1
    clock.advance(1)
    window.spend(1)


def test_limit_that_the_venue_told_is_not_called_a_ban(window: WeightWindow, clock: FakeClock) -> None:
    window.shut(rate_limited(60))
    assert refusal(window, 1).code == "venue.rate_limited"
    window.shut(banned(120))
    window.shut(rate_limited(10))
    assert (refusal(window, 1).code, refusal(window, 1).retry_after_s) == ("venue.banned", 120)
    clock.advance(121)
    window.shut(rate_limited(10))
    assert refusal(window, 1).code == "venue.rate_limited"


def test_accounts_have_a_weight_of_their_own(window: WeightWindow, clock: FakeClock) -> None:
    weights = Weights(window, WeightWindow(clock, 180_000))
    for _ in range(10):
        weights.spend(0, 18_000)
    with pytest.raises(RateLimited):
        weights.spend(0, 18_000)
    Weights(window, WeightWindow(clock, 180_000)).spend(100, 18_000)
