from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.kernel.assets import Instrument, VenueId, parse_instrument
from nightdesk.markets.composite import VENUES, Sources, median
from nightdesk.markets.model import Price
from nightdesk.markets.quality import Cause, QualityRules, Tick, absurd_amount
from nightdesk.markets.quality_watch import FAST_LOOKS, SAMPLES_MAX, Known, QualityWatch, State
from tests.builders.ledger import RECORDED

MARKET = parse_instrument("BINANCE:BTC/USDT")
HONEST = ("KRAKEN:BTC/USDT", "HTX:BTC/USDT", "COINBASE:BTC/USDT")
RULES = QualityRules()


def after(seconds: float) -> datetime:
    return RECORDED + timedelta(seconds=seconds)


def tick(last: str | Decimal | None, seconds: float = 0, number: int = -1, **quote: str) -> Tick:
    told = {side: Decimal(amount) for side, amount in quote.items()}
    amount = None if last is None else Decimal(last)
    return Tick(instrument=MARKET, last=amount, at=after(seconds), number=number, **told)


class Desk:
    """A watch with a clock, and other venues that say what they are told to."""

    def __init__(self, rules: QualityRules = RULES) -> None:
        self.watch = QualityWatch(rules)

    def others(self, *lasts: str, seconds: float = 0) -> None:
        told = [
            Price(instrument=parse_instrument(name), last=Decimal(last), at=after(seconds))
            for name, last in zip(HONEST, lasts, strict=False)
        ]
        self.know(Sources(told))

    def know(self, sources: Sources, **known: Any) -> None:
        self.watch.know(Known(passed=sources, told=known.pop("told", sources), **known))

    def passed(self, told: Tick) -> list[Decimal | None]:
        return [each.last for each in self.watch.judge(told, told.at)]

    def causes(self) -> dict[Cause, int]:
        return {cause: count for (_, cause), count in self.watch.take_counts().items()}

    def state(self) -> State:
        (standing,) = self.watch.standings()
        return standing.state


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("last", "cause"),
    [("NaN", Cause.NOT_FINITE), ("-Infinity", Cause.NOT_FINITE), ("-1", Cause.NEGATIVE), ("0", Cause.ZERO)],
)
def test_what_is_no_price_never_passes(desk: Desk, last: str, cause: Cause) -> None:
    assert desk.passed(tick(last)) == []
    assert desk.causes() == {cause: 1}
    assert desk.state() is State.QUARANTINED
    assert desk.passed(tick("100", 1)) == [100]
    assert desk.state() is State.GOOD


@pytest.mark.parametrize(
    ("bid", "ask", "cause"),
    [("101", "100", Cause.CROSSED), ("0", "100", Cause.ZERO), ("99", "NaN", Cause.NOT_FINITE)],
)
def test_quote_that_cannot_be_is_taken_off(desk: Desk, bid: str, ask: str, cause: Cause) -> None:
    (passed,) = desk.watch.judge(tick("100", bid=bid, ask=ask), RECORDED)
    assert (passed.last, passed.bid, passed.ask) == (Decimal(100), None, None)
    assert desk.causes() == {cause: 1}


def test_quote_alone_passes_before_the_first_trade(desk: Desk) -> None:
    assert desk.passed(tick(None, bid="99", ask="101")) == [None]


def test_spike_against_other_venues_is_refused_and_kept(desk: Desk) -> None:
    desk.others("100", "101", "102")
    assert desk.passed(tick("101")) == [101]
    assert desk.passed(tick("107", 1)) == []
    (sample,) = desk.watch.take_samples()
    assert (sample.cause, sample.compared, sample.sources) == (Cause.SPIKE, Decimal(101), 3)
    assert sample.deviation_bp == Decimal("594.06")
    assert desk.watch.take_samples() == []


def test_crash_of_all_venues_is_no_spike_and_hides_nothing(desk: Desk) -> None:
    desk.others("100", "100")
    desk.passed(tick("100"))
    assert desk.passed(tick("80", 1)) == []
    assert desk.passed(tick("79.5", 1.5)) == []
    desk.others("80", "79", seconds=2)
    assert [each.last for each in desk.watch.look(after(2))] == [80, Decimal("79.5")]
    assert desk.state() is State.GOOD


def price(market: str, last: str) -> Price:
    return Price(instrument=parse_instrument(market), last=Decimal(last), at=after(2))


@pytest.mark.parametrize(
    ("told", "passed"),
    [
        ({"KRAKEN:BTC/USDT": "80", "HTX:BTC/USDT": "81"}, True),
        ({"KRAKEN:BTC/USDT": "80", "HTX:BTC/USDT": "100"}, True),
        ({"KRAKEN:BTC/USDT": "100", "HTX:BTC/USDT": "100"}, False),
        ({"KRAKEN:BTC/USDT": "80", "HTX:BTC/USDT": "100", "COINBASE:BTC/USDT": "100"}, False),
    ],
)
def test_move_that_most_venues_tell_is_believed_before_any_of_them_was(
    desk: Desk, told: dict[str, str], *, passed: bool
) -> None:
    desk.others("100", "100", "100")
    desk.passed(tick("100"))
    assert desk.passed(tick("80", 1)) == []
    assert [each.last for each in desk.watch.waiting()] == [80]
    quiet = Sources([price(name, "100") for name in HONEST])
    desk.know(quiet, told=Sources([price(market, last) for market, last in told.items()]))
    assert [each.last for each in desk.watch.look(after(2))] == [80] * passed
    assert len(desk.watch.waiting()) == (not passed)


def test_price_that_waited_passes_before_the_next_of_its_level(desk: Desk) -> None:
    desk.others("100", "100")
    desk.passed(tick("100"))
    desk.passed(tick("80", 1))
    desk.others("80", "80", seconds=2)
    assert desk.passed(tick("80.1", 2)) == [80, Decimal("80.1")]


def test_lie_that_waited_is_forgotten_when_the_truth_comes_back(desk: Desk) -> None:
    desk.others("100", "100")
    desk.passed(tick("100"))
    desk.passed(tick("150", 1))
    assert desk.passed(tick("100.5", 2)) == [Decimal("100.5")]
    assert desk.watch.look(after(3)) == []


def test_level_that_holds_against_all_others_is_believed_after_a_minute(desk: Desk) -> None:
    desk.others("100", "100")
    desk.passed(tick("100"))
    for second in range(1, 61):
        assert desk.passed(tick("120", second, second)) == []
    assert len(desk.passed(tick("120", 61, 61))) == 61
    assert desk.state() is State.APART
    assert desk.passed(tick("121", 62, 62)) == [121]
    assert desk.passed(tick("100", 63, 63)) == [100]
    assert desk.state() is State.GOOD


def test_level_without_trades_is_never_believed(desk: Desk) -> None:
    desk.others("100", "100")
    desk.passed(tick("100"))
    for second in range(1, 200):
        assert [each.last for each in desk.watch.judge(tick("120", 1, 1), after(second))] == []


def test_level_that_wanders_begins_again(desk: Desk) -> None:
    desk.passed(tick("100"))
    for second in range(1, 60):
        assert desk.passed(tick(str(200 + 50 * (second % 2)), second, second)) == []


def test_alone_a_market_is_compared_with_its_own_past(desk: Desk) -> None:
    for second in range(6):
        assert desk.passed(tick("100", second)) == [100]
    assert desk.passed(tick("119", 6)) == [119]
    assert desk.passed(tick("125", 7)) == []
    assert desk.causes() == {Cause.SPIKE: 1}
    assert desk.passed(tick("125", 12)) == []
    assert desk.passed(tick("126", 18)) == [125, 125, 126]
    assert desk.state() is State.GOOD


def test_one_other_venue_alone_does_not_refute_a_quiet_market(desk: Desk) -> None:
    desk.others("110")
    assert desk.passed(tick("100")) == [100]
    assert desk.passed(tick("101", 1)) == [101]
    assert desk.passed(tick("90", 2)) == []


def test_later_trade_made_earlier_goes_backwards_and_a_late_one_does_not(desk: Desk) -> None:
    assert desk.passed(tick("100", 100, number=7)) == [100]
    assert desk.passed(tick("101", 97, number=8)) == []
    assert desk.causes() == {Cause.BACKWARDS: 1}
    assert desk.passed(tick("150", 50, number=6)) == [150]
    (standing,) = desk.watch.standings()
    assert (standing.last, standing.at) == (Decimal(100), after(100))


def test_price_of_the_future_waits_for_the_present(desk: Desk) -> None:
    clocks = dict.fromkeys(VENUES[:3], RECORDED)
    desk.know(Sources(()), clocks=clocks)
    assert desk.passed(tick("100", 31)) == []
    assert desk.causes() == {Cause.FUTURE: 1}
    desk.know(Sources(()), clocks={venue: after(5) for venue in clocks})
    assert [each.last for each in desk.watch.look(after(5))] == [100]


def test_nobody_tells_the_future_of_a_replay_that_runs_fast(desk: Desk) -> None:
    desk.know(Sources(()), clocks=dict.fromkeys(VENUES[:3], RECORDED))
    desk.know(Sources(()), clocks=dict.fromkeys(VENUES[:3], after(60)))
    assert desk.passed(tick("100", 600)) == [100]
    for _ in range(FAST_LOOKS):
        desk.know(Sources(()), clocks=dict.fromkeys(VENUES[:3], after(600)))
        desk.know(Sources(()), clocks=dict.fromkeys(VENUES[:3], after(600)))
    assert desk.passed(tick("100", 700)) == []
    assert desk.causes() == {Cause.FUTURE: 1}


def test_wall_clock_is_the_present_where_markets_follow_it(desk: Desk) -> None:
    desk.know(Sources(()), present=RECORDED)
    assert desk.passed(tick("100", 30)) == [100]
    assert desk.passed(tick("100", 31)) == []


def test_two_clocks_say_nothing(desk: Desk) -> None:
    desk.know(Sources(()), clocks={VENUES[0]: RECORDED, VENUES[1]: RECORDED})
    assert desk.passed(tick("100", 10_000)) == [100]


def test_same_price_again_and_again_is_stuck_once_others_moved(desk: Desk) -> None:
    desk.others("100", "100")
    desk.passed(tick("100"))
    desk.others("102", "102", seconds=119)
    assert desk.passed(tick("100", 120)) == [100]
    assert desk.passed(tick("100", 121)) == []
    assert (desk.causes(), desk.state()) == ({Cause.STUCK: 1}, State.STUCK)
    assert desk.passed(tick("102", 122)) == [102]
    assert desk.state() is State.GOOD


def test_quiet_market_is_not_stuck_while_others_are_quiet(desk: Desk) -> None:
    desk.others("100.1", "100.2")
    desk.passed(tick("100"))
    assert desk.passed(tick("100", 9_999)) == [100]
    assert desk.state() is State.GOOD


def test_silence_while_others_move_is_stale_and_counted_once(desk: Desk) -> None:
    desk.others("100", "100")
    desk.passed(tick("100"))
    desk.others("102", "102", seconds=61)
    for second in (61, 62, 63):
        desk.watch.look(after(second))
    assert (desk.causes(), desk.state()) == ({Cause.STALE: 1}, State.STALE)
    assert desk.passed(tick("102", 64)) == [102]
    assert desk.state() is State.GOOD


def test_standing_tells_deviation_from_the_median(desk: Desk) -> None:
    desk.others("100", "102", "104")
    desk.passed(tick("103.02"))
    (standing,) = desk.watch.standings()
    assert (standing.median, standing.sources, standing.deviation_bp) == (Decimal(102), 3, Decimal(100))
    assert list(desk.watch.markets()) == [MARKET]


def test_absurd_amounts_are_told_from_usual_ones() -> None:
    usual = Decimal("0.01")
    assert absurd_amount(Decimal("NaN"), usual, RULES) is Cause.VOLUME
    assert absurd_amount(Decimal(0), None, RULES) is Cause.VOLUME
    assert absurd_amount(Decimal(10_001), usual, RULES) is Cause.VOLUME
    assert absurd_amount(Decimal(10_000), usual, RULES) is None
    assert absurd_amount(Decimal(10_001), None, RULES) is None


def test_trade_refused_elsewhere_is_counted(desk: Desk) -> None:
    desk.watch.refuse_trade(Cause.VOLUME, tick("100"), RECORDED)
    assert desk.causes() == {Cause.VOLUME: 1}


def test_samples_are_bounded(desk: Desk) -> None:
    for _ in range(SAMPLES_MAX + 10):
        desk.passed(tick("0"))
    assert len(desk.watch.take_samples()) == SAMPLES_MAX


def test_what_waits_is_bounded() -> None:
    desk = Desk(replace(RULES, kept=3))
    desk.others("100", "100")
    desk.passed(tick("100"))
    for second in range(1, 61):
        desk.passed(tick("120", second, second))
    assert len(desk.passed(tick("120", 61, 61))) == 3


anything = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True, min_value=None, max_value=None),
    st.decimals("50", "200", places=2),
    st.sampled_from([Decimal(0), Decimal(-1), Decimal(100)]),
).filter(lambda each: not each.is_finite() or (each.copy_abs() < Decimal(10) ** 12 and each == round(each, 12)))


@given(st.lists(st.tuples(anything, st.integers(-100, 100)), max_size=60))
def test_nothing_that_is_no_price_ever_passes(told: list[tuple[Decimal, int]]) -> None:
    desk = Desk()
    desk.others("100", "101", "99")
    for number, (last, step) in enumerate(told):
        seen = Tick(instrument=MARKET, last=last, at=after(number + step), number=number)
        for each in desk.watch.judge(seen, after(number)):
            assert each.last is not None
            assert each.last.is_finite()
            assert each.last > 0


@given(st.lists(st.decimals("0.01", "10000", places=2), min_size=1, max_size=30))
def test_liar_among_four_never_passes_before_its_level_held(lies: list[Decimal]) -> None:
    desk = Desk()
    desk.others("100", "100", "100")
    for second, lie in enumerate(lies):
        for passed in desk.passed(tick(lie, second, second)):
            assert passed is not None
            assert 95 <= passed <= 105


@given(st.lists(st.decimals("0.97", "1.03", places=4), min_size=1, max_size=40))
def test_market_that_moves_with_the_others_is_never_refused(moves: list[Decimal]) -> None:
    desk, level = Desk(), Decimal(1000)
    for second, move in enumerate(moves):
        level = round(level * move, 6)
        desk.others(*(str(level),) * 3, seconds=second)
        assert desk.passed(tick(level, second, second)) == [level]
    assert desk.causes() == {}


@given(st.permutations(list(VENUES)))
def test_median_of_others_leaves_the_own_venue_out(venues: list[VenueId]) -> None:
    lasts = {venue: Decimal(100 + number) for number, venue in enumerate(venues)}
    prices = [
        Price(instrument=Instrument(venue, MARKET.base, MARKET.quote), last=last, at=RECORDED)
        for venue, last in lasts.items()
    ]
    desk = Desk()
    desk.know(Sources(prices))
    expected = median([last for venue, last in lasts.items() if venue != MARKET.venue])
    assert desk.watch.others(MARKET).median == expected
