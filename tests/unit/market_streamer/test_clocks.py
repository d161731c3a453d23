"""Which clock can't be true."""

from datetime import UTC, datetime, timedelta

from fargate.market_streamer.clocks import MarketClocks
from nightdesk.kernel.assets import VenueId

START = datetime(2026, 1, 1, tzinfo=UTC)
BINANCE, KRAKEN, HTX = VenueId("binance"), VenueId("kraken"), VenueId("htx")


def told(
    speed: float = 1.0, *, clocks: MarketClocks | None = None, until_s: int = 12, **skews_s: float
) -> MarketClocks:
    """Clocks that were asked every second, one after the other."""
    made = clocks or MarketClocks()
    for now_s in range(until_s):
        for number, (venue, skew_s) in enumerate(skews_s.items()):
            asked_s = now_s + number / 10
            made.tell(VenueId(venue), START + timedelta(seconds=asked_s * speed + skew_s), asked_s)
    return made


def test_clocks_that_agree_are_not_doubted() -> None:
    clocks = told(binance=0, kraken=-20, htx=20)
    assert [clocks.doubt(venue, 12) for venue in (BINANCE, KRAKEN, HTX)] == [None, None, None]


def test_the_one_that_is_ahead_is_doubted_and_nobody_else() -> None:
    clocks = told(binance=0, kraken=3600, htx=5)
    assert "ahead" in str(clocks.doubt(KRAKEN, 12))
    assert clocks.doubt(BINANCE, 12) is clocks.doubt(HTX, 12) is None


def test_the_one_that_is_behind_is_doubted_and_nobody_else() -> None:
    clocks = told(binance=0, kraken=-3600, htx=5)
    assert "behind" in str(clocks.doubt(KRAKEN, 12))
    assert clocks.doubt(BINANCE, 12) is clocks.doubt(HTX, 12) is None


def test_one_that_only_tells_when_it_last_traded_may_lag() -> None:
    clocks = told(binance=0, kraken=-280, htx=-250)
    assert [clocks.doubt(venue, 12) for venue in (BINANCE, KRAKEN, HTX)] == [None, None, None]


def test_of_two_nobody_can_say_which_is_wrong_but_ours_is_a_third() -> None:
    assert told(binance=0, kraken=3600).doubt(KRAKEN, 12) is None
    ours = MarketClocks(lambda: START + timedelta(seconds=12))
    told(clocks=ours, binance=0, kraken=3600)
    assert "ahead" in str(ours.doubt(KRAKEN, 12))
    assert ours.doubt(BINANCE, 12) is None


def test_what_was_told_long_ago_says_nothing() -> None:
    clocks = told(binance=0, kraken=3600, htx=0)
    told(clocks=clocks, until_s=60, kraken=3600)
    assert clocks.doubt(KRAKEN, 60) is None


def test_who_was_asked_once_is_not_judged_yet() -> None:
    assert told(until_s=1, binance=0, kraken=3600, htx=0).doubt(KRAKEN, 1) is None


def test_in_a_replay_clocks_run_fast_and_are_asked_at_different_moments() -> None:
    clocks = told(14_400, binance=0, kraken=-14_400, htx=0)
    assert [clocks.doubt(venue, 12) for venue in (BINANCE, KRAKEN, HTX)] == [None, None, None]
    slow = told(60, binance=0, kraken=0, htx=0)
    for now_s in range(12, 17):  # a busy machine hears one of them only
        slow.tell(BINANCE, START + timedelta(seconds=60 * now_s), now_s)
    assert [slow.doubt(venue, 17) for venue in (BINANCE, KRAKEN, HTX)] == [None, None, None]
