"""A replay that looks only where something may follow decides as one that looks at every bar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.candles.model import SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.execution.scope import WHOLE_PORTFOLIO, Scope
from nightdesk.indicators.bars import Bars, bar_index
from nightdesk.indicators.batch import Clock
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.markets.caps_history import CapHistory, CapListing
from nightdesk.markets.orders import OrderType, Side
from nightdesk.rules import model
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.actions import Action, Notify, PanicSell, PlaceOrder, Reduce, Sell, Size, SizeUnit
from nightdesk.rules.reading import expression_of
from nightdesk.rules.replay import Follower, Watcher, replay, watcher_of
from nightdesk.rules.replay_account import SimulatedAccount
from nightdesk.rules.replay_broker import Broker, FillModel
from nightdesk.rules.replay_market import ReplayMarket
from nightdesk.rules.replay_tape import Tape
from tests.fakes.reference import coin
from tests.lengths import length

TENANT = TenantId(UUID(int=7))
ACCOUNT = AccountId(UUID(int=9))
BTC = Instrument(VenueId("binance"), AssetId("BTC"), AssetId("USDT"))
ETH = Instrument(VenueId("binance"), AssetId("ETH"), AssetId("USDT"))
STARTS = datetime(2026, 3, 28, 22, tzinfo=UTC)
MINUTE = Resolution.MINUTE
Span = tuple[int, int]
"""How many bars are replayed, and how many before them are known."""

OPERANDS = [
    "price(BINANCE:BTC/USDT)",
    "SMA(BINANCE:BTC/USDT,1m,3)",
    "RSI(BINANCE:BTC/USDT,1m,4)",
    "close(BINANCE:ETH/USDT,1m)",
    f"value(PORTFOLIO:{TENANT})",
    f"balance(PORTFOLIO:{TENANT},BTC)",
    f"allocation(PORTFOLIO:{TENANT},BTC)",
    f"unrealised_pnl(PORTFOLIO:{TENANT})",
    f"mega_caps(PORTFOLIO:{TENANT})",
    f"small_caps(ACCOUNT:{ACCOUNT})",
    f"potential(PORTFOLIO:{TENANT})",
    f"market_cap(PORTFOLIO:{TENANT}) / 10000000000",
    "potential(BINANCE:ETH/USDT)",
    "price(BINANCE:BTC/USDT) / (price(BINANCE:ETH/USDT) - 20)",
    "100",
    "50",
    "0.1",
]
CAPS = CapHistory(
    [
        CapListing(STARTS + timedelta(minutes=10), {AssetId("BTC"): coin("2e12"), AssetId("USDT"): coin("2e11")}),
        CapListing(STARTS + timedelta(minutes=40), {each: coin("3e11") for each in map(AssetId, ("BTC", "ETH"))}),
        CapListing(
            STARTS + timedelta(minutes=90),
            {
                AssetId("BTC"): coin("1.9e12", price="101", high="150"),
                AssetId("ETH"): coin("9.5e8", price="21", high="20"),
                AssetId("USDT"): coin("2e11", high="1.1", price="1", stable=True),
            },
        ),
    ]
)
"""Before the first nothing is known, the second lacks what is money here, and the last grows too old."""

operands = st.sampled_from([model.Operand(expression_of(text).text) for text in OPERANDS])
relations = st.sampled_from(list(model.Relation))
directions = st.sampled_from(list(model.Direction))
ratios = st.sampled_from([Decimal(text) for text in ("0", "0.01", "-0.02", "0.05")])
minutes = st.integers(1, 12).map(lambda count: timedelta(minutes=count))
scopes = st.sampled_from([WHOLE_PORTFOLIO, Scope(asset=AssetId("BTC")), Scope(account_id=ACCOUNT)])
stops = st.builds(
    model.TrailingStop,
    scope=scopes,
    arm_ratio=st.sampled_from([Decimal(0), Decimal("0.01")]),
    trail_ratio=st.sampled_from([Decimal("0.01"), Decimal("0.05")]),
)
schedules = st.builds(
    model.Schedule,
    minutes=st.sets(st.sampled_from([0, 7, 15, 30]), max_size=2).map(frozenset),
    zone=st.just("Europe/Paris"),
)
leaves = st.one_of(
    st.builds(model.Compare, operands, relations, operands),
    st.builds(model.Cross, operands, directions, operands),
    st.builds(model.PercentChange, operands, minutes, relations, ratios),
    schedules,
    stops,
)


def _grouped(inner: st.SearchStrategy[model.Condition]) -> st.SearchStrategy[model.Condition]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(model.AllOf, several),
        st.builds(model.AnyOf, several),
        st.builds(model.Not, inner),
        st.builds(model.Held, inner, minutes),
    )


conditions: st.SearchStrategy[model.Condition] = st.recursive(leaves, _grouped, max_leaves=5)
sizes = st.sampled_from(
    [Size(SizeUnit.RATIO, Decimal("0.5")), Size(SizeUnit.QUOTE, Decimal(90)), Size(SizeUnit.BASE, Decimal(1))]
)
actions: st.SearchStrategy[Action] = st.one_of(
    st.just(Notify()),
    st.just(PanicSell()),
    st.just(Reduce(ratio=Decimal("0.3"))),
    st.just(Sell(asset=AssetId("BTC"))),
    st.builds(
        PlaceOrder,
        account_id=st.just(ACCOUNT),
        instrument=st.sampled_from([BTC, ETH]),
        side=st.sampled_from(list(Side)),
        size=sizes,
    ),
    st.builds(
        PlaceOrder,
        account_id=st.just(ACCOUNT),
        instrument=st.just(BTC),
        side=st.sampled_from(list(Side)),
        size=sizes,
        type=st.just(OrderType.LIMIT),
        limit_offset_ratio=st.sampled_from([Decimal("-0.01"), Decimal("0.02")]),
    ),
)
hours = st.none() | st.just(model.ActiveHours(begin=time(23, 30), end=time(1), zone="Europe/Paris"))


@st.composite
def rule_sets(draw: st.DrawFn) -> model.RuleSet:
    rules = tuple(model.Rule(f"rule {number}", draw(conditions)) for number in range(draw(st.integers(1, 2))))
    return model.RuleSet(
        rule_set_id=RuleSetId(draw(st.uuids(version=4))),
        tenant_id=TENANT,
        portfolio_id=TENANT,
        name="Tried",
        version=1,
        mode=model.Mode.SHADOW,
        rules=rules,
        actions=(draw(actions),),
        repeating=draw(st.booleans()),
        cooldown=timedelta(minutes=draw(st.sampled_from([0, 5]))),
        active_hours=draw(hours),
    )


def _bars(seed: int, length: int, base: float) -> Bars:
    random = np.random.default_rng(seed)
    closes = base + np.cumsum(random.integers(-2, 3, length)).astype(float)
    opens = np.concatenate([[base], closes[:-1]])
    columns = np.array([opens, np.maximum(opens, closes) + 1, np.minimum(opens, closes) - 1, closes, np.ones(length)])
    return Bars(MINUTE, bar_index(STARTS, MINUTE), columns)


def _replayed(
    watch: Callable[[model.RuleSet, ReplayMarket], Watcher], chosen: list[model.RuleSet], seed: int, span: Span
) -> tuple[object, ...]:
    length, lead = span
    late = _bars(seed + 1, lead + length, 21.0)
    bars: dict[tuple[SeriesName, Resolution], Bars] = {
        (BTC, MINUTE): _bars(seed, lead + length, 100.0),
        (ETH, MINUTE): late.cut(late.first + 20, late.end),
    }
    first = bar_index(STARTS, MINUTE) + lead
    tape = Tape(bars, Clock(resolution=MINUTE, first=first, end=first + length), [BTC, ETH], lead, caps=CAPS)
    balances = {
        (ACCOUNT, AssetId("USDT")): Decimal(1000),
        (ACCOUNT, AssetId("BTC")): Decimal(2),
        (ACCOUNT, AssetId("ETH")): Decimal(1),
    }
    account = SimulatedAccount(TENANT, AssetId("USDT"), balances, STARTS)
    market = ReplayMarket(tape, account)
    watchers = [watch(rule_set, market) for rule_set in chosen]
    fired = replay(watchers, market, Broker(tape, account, FillModel()))
    return [
        (each.rule_set.rule_set_id, each.instant, each.evidence, tuple(each.outcomes)) for each in fired
    ], account.fills


@settings(max_examples=length(30, 150), deadline=None)
@given(
    chosen=st.lists(rule_sets(), min_size=1, max_size=2),
    seed=st.integers(0, 10_000),
    span=st.tuples(st.integers(30, 420), st.sampled_from([0, 4, 15, 30])),
)
def test_looking_where_something_may_follow_is_looking_everywhere(
    chosen: list[model.RuleSet], seed: int, span: Span
) -> None:
    assert _replayed(partial(watcher_of, run=8), chosen, seed, span) == _replayed(Follower, chosen, seed, span)
