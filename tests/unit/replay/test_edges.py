"""Replays of what is only partly known, and shadows of another clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from nightdesk.candles.model import PortfolioSeries
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.ids import CorrelationId
from nightdesk.rules.action_ports import FiringId
from nightdesk.rules.actions import Sell
from nightdesk.rules.firing import Firing
from nightdesk.rules.model import Compare, Mode, Operand, Relation, RuleSet
from nightdesk.rules.reading import expression_of
from nightdesk.rules.replay import Follower, Watcher, replay, watcher_of
from nightdesk.rules.replay_broker import Broker, FillModel
from nightdesk.rules.replay_market import ReplayMarket
from nightdesk.rules.replay_terms import Terms
from nightdesk.rules.replaying import ReplayService
from nightdesk.rules.shadowing import simulate
from tests.builders.bars import START
from tests.builders.replays import BTC, ETH, MINUTE, TENANT, FakeBars, account_of, books, tape_of, watching, wave

HOURS = 6
REAL = PortfolioSeries(TENANT)


def service() -> ReplayService:
    late = wave(HOURS * 60, 2, price=20.0)
    return ReplayService(
        FakeBars({BTC: wave(HOURS * 60), ETH: late.cut(late.first + 60, late.end), REAL: wave(HOURS * 60)}),
        lambda _: books(USDT="1000", ETH="1", DUST="5"),
    )


def above(market: object) -> Compare:
    return Compare(Operand(f"price({market})"), Relation.ABOVE, Operand("0.5"))


def test_notes_say_what_a_replay_does_not_know() -> None:
    terms = Terms(since=START, until=START + timedelta(days=2), resolution=Resolution.MINUTE)
    replayed = service().run(TENANT, [watching("low", above(BTC))], terms)
    notes = " ".join(replayed.stage.notes)
    assert "DUST has no market" in notes
    assert f"{ETH} has no bars at the beginning" in notes
    assert "of a part of this time only" in notes
    assert replayed.result.buy_and_hold(ETH) is None


def test_notes_say_that_candles_of_the_portfolio_are_those_of_the_real_one() -> None:
    terms = Terms(since=START, until=START + timedelta(hours=HOURS), resolution=Resolution.MINUTE)
    condition = Compare(Operand(f"SMA({REAL},15m,2)"), Relation.ABOVE, Operand("0.5"))
    notes = " ".join(service().run(TENANT, [watching("rich", condition)], terms).stage.notes)
    assert "not of the simulated one" in notes


def test_who_rests_wakes_when_something_is_traded() -> None:
    cash = Operand(expression_of(f"balance(PORTFOLIO:{TENANT},USDT)").text)
    rich = watching("rich", Compare(cash, Relation.ABOVE, Operand("5000")))
    sale = watching("sale", Compare(above(BTC).left, Relation.ABOVE, Operand("102")), Sell(asset=BTC.base))

    def places(watch: Callable[[RuleSet, ReplayMarket], Watcher]) -> list[tuple[str, int]]:
        tape = tape_of({(BTC, MINUTE): wave(HOURS * 60)}, MINUTE, 0, [BTC])
        account = account_of(tape, USDT="1000", BTC="100")
        market = ReplayMarket(tape, account)
        fired = replay([watch(rich, market), watch(sale, market)], market, Broker(tape, account, FillModel()))
        return [(each.rule_set.name, each.place) for each in fired]

    told = places(partial(watcher_of, run=8))
    assert told == places(Follower)
    (first, sold_at), (second, seen_at) = told[:2]
    assert (first, second) == ("sale", "rich")
    assert sold_at > 2 * 8
    assert seen_at == sold_at + 1


def _firing(after: timedelta) -> Firing:
    return Firing(
        tenant_id=TENANT,
        rule_set_id=watching("low", above(BTC)).rule_set_id,
        firing_id=FiringId(UUID(int=4)),
        version=1,
        mode=Mode.SHADOW,
        number=1,
        instant=START + after,
        fired_at=START,
        reason="low",
        evidence={},
        correlation_id=CorrelationId("c"),
    )


def test_a_shadow_of_another_clock_is_simulated_around_its_firings() -> None:
    far = START + timedelta(days=400)
    firings = [_firing(timedelta(hours=2))]
    simulated = simulate(service(), watching("low", above(BTC)), firings, far, far + timedelta(days=1))
    assert simulated is not None
    assert [each.instant for each in simulated.firings] == [START + timedelta(hours=2)]


def test_a_long_shadow_is_simulated_in_hours() -> None:
    simulated = simulate(service(), watching("low", above(BTC)), [], START, START + timedelta(days=500))
    assert simulated is not None
    assert simulated.stage.tape.clock.resolution is Resolution.HOUR
