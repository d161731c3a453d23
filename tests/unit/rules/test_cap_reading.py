"""Size and potential as figures of rules: the page's own, unknown where it can't tell, the same wherever read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from fargate.portfolio_tracker.rules_board import Board
from functions.rules_evaluate.reading import OwnReadings
from nightdesk.accounts.model import AccountState
from nightdesk.candles.model import SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.bars import Bars
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.language import parse
from nightdesk.indicators.model import MetricName
from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.lots.average_cost import Position
from nightdesk.markets.caps import MarketCap
from nightdesk.markets.caps_history import CapFacts, CapHistory, CapListing
from nightdesk.portfolio.cap_balance import cap_balance
from nightdesk.portfolio.model import Books, Holding, PortfolioAccount
from nightdesk.portfolio.service import value_books
from nightdesk.rules.cap_reading import SIZES, held_figure
from nightdesk.rules.holdings import Held
from nightdesk.rules.model import Compare, Operand, Relation, operands
from nightdesk.rules.reading import ExactReadings, expression_of
from nightdesk.rules.recomputing import KeptBars
from nightdesk.rules.replay_account import SimulatedAccount
from nightdesk.rules.replay_figures import Figures
from nightdesk.rules.replay_market import ReplayedBars, ReplayMarket
from nightdesk.rules.replay_needs import needs_of
from nightdesk.rules.replay_terms import Terms
from nightdesk.rules.replaying import ReplayService
from nightdesk.rules.slots import Present, SlotTable
from tests.builders import replays
from tests.builders.bars import START
from tests.builders.replays import ACCOUNT, BTC, ETH, TENANT, FakeBars, watching, wave
from tests.builders.rule_bars import FakeBarStore
from tests.fakes.portfolio import FakePriceBook
from tests.fakes.reference import FakeCapHistory, coin, market_cap
from tests.unit.rules.test_own_readings import FakeSignals, candidate

WHOLE, OTHER = f"PORTFOLIO:{TENANT}", AccountId(UUID(int=10))
BITCOIN, ETHER, DOLLAR = AssetId("BTC"), AssetId("ETH"), AssetId("USDT")
COINS = {
    BITCOIN: coin("2000000000000", price="100", high="120"),
    ETHER: coin("950000000", price="20.5", high="61.3"),
    DOLLAR: coin("180000000000", price="1", high="1.3", stable=True),
}
TEXTS = (
    *(f"{name}({WHOLE})" for name in SIZES),
    f"small_caps(ACCOUNT:{OTHER})",
    f"potential({WHOLE})",
    f"potential({WHOLE},BTC)",
    f"potential(ACCOUNT:{ACCOUNT})",
    f"market_cap({WHOLE})",
    f"market_cap({WHOLE},ETH)",
    "potential(BINANCE:ETH/USDT)",
    "market_cap(BINANCE:BTC/USDT)",
)
QUANTITIES = {(ACCOUNT, BITCOIN): "1.37", (OTHER, ETHER): "3.1", (ACCOUNT, ETHER): "0.7", (ACCOUNT, DOLLAR): "77.7"}


def held() -> Held:
    holdings = tuple(
        Holding(
            account_id=account,
            asset=asset,
            position=Position(Decimal(quantity)),
            folded_at=None,
            folded_sequence=0,
            stale=False,
        )
        for (account, asset), quantity in QUANTITIES.items()
    )
    accounts = tuple(
        PortfolioAccount(
            account_id=each, venue=VenueId("binance"), label="a", state=AccountState.ACTIVE, refreshed_at=None
        )
        for each in (ACCOUNT, OTHER)
    )
    return Held(
        books=Books(base_asset=DOLLAR, accounts=accounts, holdings=holdings, reported=()), heads={ACCOUNT: 0, OTHER: 0}
    )


class FakeHeld:
    def read(self, tenant_id: TenantId, known: object) -> Held:
        del tenant_id, known
        return held()


def market(*listings: CapListing, minutes: int = 20) -> ReplayMarket:
    """A replay that begins with what is held."""
    bars: dict[tuple[SeriesName, Resolution], Bars] = {
        (BTC, Resolution.MINUTE): wave(minutes),
        (ETH, Resolution.MINUTE): wave(minutes, 2, price=20.0),
    }
    tape = replays.tape_of(bars, Resolution.MINUTE, 0, (BTC, ETH), caps=CapHistory(listings))
    balances = {key: Decimal(quantity) for key, quantity in QUANTITIES.items()}
    return ReplayMarket(tape, SimulatedAccount(TENANT, DOLLAR, balances, tape.instant(0)))


def begins() -> datetime:
    return market().tape.instant(0)


def tracked(replayed: ReplayMarket, place: int, caps: CapHistory) -> dict[str, Decimal | None]:
    """As the tracker reads them, with the prices of a replay's bar."""
    slots = SlotTable()
    for text in TEXTS:
        slots.take(Present(Operand(text)))
    board = Board(slots)
    board.hold(TENANT, held())
    assert board.take_listings(caps)
    assert not board.take_listings(caps)
    for price in replayed.tape.prices(place).values():
        board.hear(price)
    assert board.tick() is not None
    assert board.snapshot is not None
    return {text: board.snapshot.value(Operand(text), TENANT) for text in TEXTS}


def evaluated(replayed: ReplayMarket, place: int, listings: tuple[CapListing, ...]) -> dict[str, Decimal | None]:
    """As whoever judges reads them."""
    rule_set = watching("Sizes", Compare(Operand(TEXTS[0]), Relation.ABOVE, Operand("0")))
    told = replace(candidate(rule_set), instant=replayed.tape.instant(place), prices=replayed.tape.prices(place))
    own = OwnReadings(
        FakeHeld(), FakePriceBook(), KeptBars(FakeBarStore()), FakeSignals(), caps=FakeCapHistory(listings)
    )
    readings = own(rule_set, told, is_fresh=True).readings
    return {text: readings.value(Operand(text)) for text in TEXTS}


def test_tracker_evaluation_and_replay_read_the_same_digits() -> None:
    listings = (
        CapListing(begins() - timedelta(minutes=30), COINS),
        CapListing(begins() + timedelta(minutes=4), {**COINS, ETHER: coin("12000000000", price="20", high="44.4")}),
    )
    replayed = market(*listings)
    for place in (0, 3, 4, 5, 19):
        readings = replayed.readings(place)
        exact = {text: readings.value(Operand(text)) for text in TEXTS}
        assert tracked(replayed, place, CapHistory(listings)) == exact
        assert evaluated(replayed, place, listings) == exact
        assert None not in exact.values()
        assert {each.source for each in readings.seen.values()} == {"listing"}
    assert replayed.readings(3).value(Operand(TEXTS[3])) != 0 == replayed.readings(4).value(Operand(TEXTS[3]))


def test_floats_of_a_replay_hold_the_exact_figures_within_their_bounds() -> None:
    listings = (CapListing(begins() + timedelta(minutes=2), COINS), CapListing(begins() + timedelta(minutes=9), {}))
    replayed = market(*listings, minutes=300)
    figures = Figures(replayed.tape, replayed.account, 0, 300)
    for text in TEXTS:
        column = figures.of(Operand(text))
        for place in (0, 1, 2, 5, 8, 9, 250, 299):
            value, told = replayed.readings(place).value(Operand(text)), column.values[place]
            assert (value is None) == (told != told), (text, place)  # noqa: PLR0124 - NaN
            if value is not None:
                assert abs(value - Decimal(repr(float(told)))) <= Decimal(float(column.bounds[place])), (text, place)


def test_they_are_the_figures_of_the_page() -> None:
    replayed = market(CapListing(begins(), COINS))
    portfolio = value_books(TENANT, held().books, replayed.tape.graph(0), begins())
    balance = cap_balance(portfolio, [_listed(asset, facts) for asset, facts in COINS.items()])
    readings = replayed.readings(0)
    shares = {each.name: each.share_ratio for each in balance.by_size}
    assert {size.value: readings.value(Operand(f"{name}({WHOLE})")) for name, size in SIZES.items()} == {
        size.value: shares[size.value] for size in SIZES.values()
    }
    assert readings.value(Operand(f"potential({WHOLE})")) == balance.potential_ratio


def _listed(asset: AssetId, facts: CapFacts) -> MarketCap:
    return market_cap(
        1, asset, high=str(facts.high), price=str(facts.price), market_cap=facts.market_cap, stable=facts.stable
    )


@pytest.mark.parametrize(
    ("hours", "coins"),
    [
        (-4, COINS),  # too old
        (1, COINS),  # of later
        (0, {BITCOIN: COINS[BITCOIN], DOLLAR: COINS[DOLLAR]}),  # one isn't listed
        (0, {**COINS, ETHER: coin(None)}),  # nobody verified its supply
    ],
)
def test_what_is_missing_or_too_old_is_not_known_and_never_zero(hours: int, coins: dict[AssetId, CapFacts]) -> None:
    readings = market(CapListing(begins() + timedelta(hours=hours), coins)).readings(0)
    assert [readings.value(Operand(f"{name}({WHOLE})")) for name in (*SIZES, "market_cap")] == [None] * 6
    assert readings.value(Operand("market_cap(BINANCE:ETH/USDT)")) is None


def test_of_nothing_and_of_money_there_is_no_figure() -> None:
    listing = CapListing(begins(), COINS)
    money = value_books(TENANT, replays.books(EUR="10"), market().tape.graph(0), begins())
    assert held_figure(listing, MetricName.POTENTIAL, money.assets) is None  # it has no value here
    readings = market(listing).readings(0)
    assert readings.value(Operand(f"potential({WHOLE},USDT)")) is None
    assert readings.value(Operand(f"mega_caps(PORTFOLIO:{UUID(int=99)})")) is None
    assert readings.value(Operand(f"potential({WHOLE},SOL)")) is None


def test_money_that_nobody_lists_counts_as_no_size() -> None:
    rows = value_books(TENANT, replays.books(BTC="1", USD="100"), market().tape.graph(0), begins()).assets
    valued = [replace(each, value=Decimal(100)) for each in rows]
    assert held_figure(CapListing(begins(), COINS), MetricName.MEGA_CAPS, valued) == Decimal("0.5")
    assert held_figure(CapListing(begins(), COINS), MetricName.POTENTIAL, valued) == Decimal("0.2")


def test_readings_without_listings_know_nothing_of_them() -> None:
    replayed = market()
    bare = ExactReadings(
        begins(), {}, ReplayedBars(replayed, 0), graph=replayed.tape.graph(0), portfolio_id=TENANT, held=held()
    )
    assert bare.value(Operand("potential(BINANCE:BTC/USDT)")) is None


def test_a_replay_reads_listings_only_where_a_rule_does() -> None:
    plain = watching("Plain", Compare(Operand("price(BINANCE:BTC/USDT)"), Relation.ABOVE, Operand("0")))
    sized = watching("Sized", Compare(Operand(f"small_caps({WHOLE})"), Relation.ABOVE, Operand("0.2")))
    needs = [needs_of([each], {ETHER}, DOLLAR, (), lambda _: True).coins for each in (plain, sized)]
    assert needs == [frozenset(), {ETHER}]
    assert all(expression_of(each).leaves for each in operands(sized.condition) if each != "0.2")


def test_a_replay_fires_on_what_was_listed_then() -> None:
    minutes = wave(400)
    since = START + timedelta(minutes=100)
    terms = Terms(since=since, until=since + timedelta(minutes=200), resolution=Resolution.MINUTE)
    rule = Compare(Operand("potential(BINANCE:BTC/USDT)"), Relation.ABOVE, Operand("0.5"))
    listings = [
        CapListing(since - timedelta(minutes=10), {BITCOIN: coin("2e12", price="100", high="120")}),
        CapListing(since + timedelta(minutes=50), {BITCOIN: coin("2e12", price="70", high="120")}),
    ]
    wanted = watching("Far below", rule, cooldown=timedelta(hours=20))

    def run(history: FakeCapHistory | None) -> tuple[list[datetime], bool]:
        service = ReplayService(FakeBars({BTC: minutes}), lambda _: replays.books(BTC="1"), history)
        done = service.run(TENANT, [wanted], terms)
        return [each.instant for each in done.firings], any("listing" in each for each in done.stage.notes)

    assert run(FakeCapHistory(listings)) == ([since + timedelta(minutes=50)], False)
    assert run(FakeCapHistory()) == ([], True)
    assert run(None) == ([], True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("small_caps(BINANCE:BTC/USDT)", "a portfolio or an account"),
        (f"small_caps({WHOLE},BTC)", "takes no asset"),
        ("potential(BINANCE:BTC/USDT,BTC)", "takes no asset"),
    ],
)
def test_what_they_can_be_of(text: str, why: str) -> None:
    with pytest.raises(ExpressionError, match=why):
        parse(text)
