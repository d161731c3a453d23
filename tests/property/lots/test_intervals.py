"""Resolved in whichever order, what is realised lies inside the first interval."""

from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import ZERO, multiply
from nightdesk.ledger.model import Fact
from nightdesk.lots.average_cost import Amounts
from nightdesk.lots.intervals import interval, market_basis, realised
from tests.builders.ledger import movement, trade

BTC, USDT = AssetId("BTC"), AssetId("USDT")
ROUNDING = Decimal("1e-15")


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Deposits without a price, buys, and sales of at most what is there, now and then of more."""
    facts: list[Fact] = []
    for number in range(draw(st.integers(2, 12))):
        amount = draw(st.decimals("0.001", "50", places=6))
        price = draw(st.decimals("1", "1000", places=4))
        match draw(st.sampled_from(["deposit", "buy", "sell", "sell"])):
            case "deposit":
                facts.append(movement(number, "BTC", amount))
            case "buy":
                facts.append(trade(number, amount, -multiply(amount, price)))
            case _:
                facts.append(trade(number, -amount, multiply(amount, price)))
    return facts


def of(amounts: Amounts) -> Decimal:
    return amounts.get(USDT, ZERO)


@settings(max_examples=60)
@given(histories(), st.randoms(use_true_random=False))
def test_resolved_in_any_order_every_value_lies_inside_the_interval_before(facts: list[Fact], random: Random) -> None:
    """Each unpriced arrival gets a cost between nothing and market, one after the other, in a random order."""
    first = interval(facts, BTC)
    market = market_basis(facts, BTC)
    places = [fact.identity for fact in facts]
    random.shuffle(places)
    known: dict[str, Decimal] = {}
    low, high = of(first.low), of(first.high)
    assert low <= high + ROUNDING
    for place in places:
        known[place] = Decimal(random.randint(0, 1000)) / 1000
        next_low, next_high = (of(_realised(facts, market, known, unknown)) for unknown in (Decimal(1), ZERO))
        assert low - ROUNDING <= next_low <= next_high + ROUNDING
        assert next_high <= high + ROUNDING
        low, high = next_low, next_high
    assert high - low <= ROUNDING
    assert of(first.low) - ROUNDING <= low <= of(first.high) + ROUNDING


def _realised(facts: list[Fact], market: object, known: dict[str, Decimal], unknown: Decimal) -> Amounts:
    def basis(fact: Fact, quantity: Decimal) -> Amounts:
        ratio = known.get(fact.identity, unknown)
        return {currency: multiply(amount, ratio) for currency, amount in market(fact, quantity).items()}  # type: ignore[operator]

    return realised(facts, BTC, basis)


def test_a_thousand_orders_of_one_history() -> None:
    facts = [
        movement(1, "BTC", "2"),
        trade(2, "1", "-100"),
        movement(3, "BTC", "0.5"),
        trade(4, "-3", "450"),
        movement(5, "BTC", "4"),
        trade(6, "-5", "600"),
    ]
    first, market = interval(facts, BTC), market_basis(facts, BTC)
    costs = {
        "deposit:1": Decimal("0.3"),
        "deposit:3": Decimal(1),
        "deposit:5": Decimal(0),
        "trade:BTCUSDT:6": Decimal("0.5"),
    }
    random, ends = Random(7), set()
    for _ in range(1000):
        order = random.sample(sorted(costs), len(costs))
        known: dict[str, Decimal] = {}
        for place in order:
            known[place] = costs[place]
            for unknown in (Decimal(1), ZERO):
                assert (
                    of(first.low) - ROUNDING
                    <= of(_realised(facts, market, known, unknown))
                    <= of(first.high) + ROUNDING
                )
        ends.add(of(_realised(facts, market, known, ZERO)))
    assert len(ends) == 1


def test_what_came_from_another_own_account_has_its_cost() -> None:
    facts = [movement(1, "BTC", "2"), trade(2, "-2", "100")]
    half = interval(facts, BTC, {"deposit:1": (Decimal(1), {USDT: Decimal(30)})})
    assert (of(half.low), of(half.high)) == (Decimal(20), Decimal(70))
    assert (half.lacking, half.arrivals) == (ZERO, ("deposit:1",))
    assert interval(facts, BTC, {"deposit:1": (Decimal(2), {USDT: Decimal(60)})}).is_point


def test_nothing_is_open_where_everything_was_bought() -> None:
    facts = [trade(1, "2", "-100"), trade(2, "-1", "80"), movement(3, "BTC", "-1")]
    found = interval(facts, BTC)
    assert found.is_point
    assert found.events == ()
    assert of(found.low) == 30


def test_a_sale_without_a_purchase_realises_something_between_nothing_and_all_of_it() -> None:
    found = interval([trade(1, "-2", "100")], BTC)
    assert (of(found.low), of(found.high), found.events) == (ZERO, Decimal(100), ("trade:BTCUSDT:1",))
    assert (found.lacking, found.arrivals) == (Decimal(2), ())
    assert interval([movement(1, "BTC", "2")], BTC).is_point
