"""What must hold of average cost for every history."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.kernel.assets import AssetId
from nightdesk.ledger.model import Fact
from nightdesk.lots.average_cost import Amounts, Position, fold
from tests.lengths import length
from tests.property.lots.oracle import Oracle
from tests.property.strategies import ASSETS, histories, trades

MUCH = Decimal(10**12)
NEAR = Fraction(1, 10**8)
quick = settings(max_examples=length(60, 120), deadline=None)


def legs_of(facts: list[Fact], asset: str) -> Fraction:
    return sum((Fraction(leg.amount) for fact in facts for leg in fact.legs if leg.asset == asset), Fraction(0))


def positions(facts: list[Fact], *, start: Decimal = Decimal(0)) -> dict[str, Position]:
    """Every asset's position; each begins with the start, which cost itself."""
    begin = {asset: Position(start, Decimal(0), {AssetId(asset): start} if start else {}) for asset in ASSETS}
    return {asset: fold(facts, AssetId(asset), begin[asset]) for asset in ASSETS}


def totals(folded: Mapping[str, Position]) -> dict[str, Fraction]:
    """By currency: what is held, plus what was realised, less what it cost."""
    made = {asset: Fraction(position.quantity) for asset, position in folded.items()}
    for position in folded.values():
        for currency, amount in position.realised.items():
            made[currency] += Fraction(amount)
        for currency, amount in position.cost.items():
            made[currency] -= Fraction(amount)
    return made


@quick
@given(histories())
def test_quantity_is_the_sum_of_the_legs(facts: list[Fact]) -> None:
    assert {asset: Fraction(position.quantity) for asset, position in positions(facts).items()} == {
        asset: legs_of(facts, asset) for asset in ASSETS
    }


@quick
@given(histories())
def test_proven_part_is_never_negative_and_cost_needs_one(facts: list[Fact]) -> None:
    for position in positions(facts).values():
        assert position.proven >= 0
        assert position.unproven >= 0 or position.unproven == position.quantity
        assert position.proven or not position.cost


@quick
@given(histories(trades()))
def test_trades_conserve_every_currency_to_the_last_decimal(facts: list[Fact]) -> None:
    assert totals(positions(facts, start=MUCH)) == {asset: legs_of(facts, asset) for asset in ASSETS}


@quick
@given(histories(trades()), st.data())
def test_order_of_fills_does_not_change_the_totals(facts: list[Fact], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(facts))
    assert totals(positions(shuffled, start=MUCH)) == totals(positions(facts, start=MUCH))


@quick
@given(histories())
def test_figures_agree_with_exact_fractions(facts: list[Fact]) -> None:
    for asset, position in positions(facts).items():
        oracle = Oracle(asset).run(facts)
        assert Fraction(position.quantity) == oracle.proven + oracle.unproven - oracle.missing
        assert abs(Fraction(position.unproven) - oracle.unproven + oracle.missing) <= NEAR
        assert_near(position.cost, oracle.cost)
        assert_near(position.realised, oracle.realised)


@quick
@given(histories(), st.integers(0, 25))
def test_fold_may_stop_and_go_on(facts: list[Fact], cut: int) -> None:
    for asset in map(AssetId, ASSETS):
        assert fold(facts[cut:], asset, fold(facts[:cut], asset)) == fold(facts, asset)


def assert_near(found: Amounts, expected: Mapping[str, Fraction]) -> None:
    for name in found.keys() | expected.keys():
        difference = Fraction(found.get(AssetId(name), Decimal(0))) - expected.get(name, Fraction(0))
        assert abs(difference) <= NEAR, name
