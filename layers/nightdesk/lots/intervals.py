"""Realised PnL as an interval, while nobody knows what some of what was disposed of had cost.

What came in without a price had cost something between nothing and its market price when it came. Average cost makes
realised PnL fall, or stay, with every one of these costs; so whatever they turn out to be, and in whichever order they
become known, what is realised lies between the two ends, and each answer makes the interval no wider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from typing import Final

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import EXACT, ZERO, add, divide, subtract
from nightdesk.ledger.model import EntryKind, Fact, LegRole
from nightdesk.lots.average_cost import Amounts, Pool, apply

UNPRICED: Final = frozenset(
    {EntryKind.DEPOSIT, EntryKind.AIRDROP, EntryKind.ADJUSTMENT, EntryKind.REWARD, EntryKind.INTEREST}
)
"""Kinds of events by which something comes in without a price."""

Basis = Callable[[Fact, Decimal], Amounts]
"""What a quantity that came in by a fact, or was lacking at one, had cost."""

Known = Mapping[str, tuple[Decimal, Amounts]]
"""By identity, arrivals of which so much had a known cost: what came from another own account."""


NOTHING_KNOWN: Final[Known] = {}


@dataclass(frozen=True, slots=True)
class Interval:
    """Realised PnL at both ends, in the currencies traded.

    Attributes:
        low: If everything unpriced had cost its market price.
        high: If it had cost nothing.
        events: Disposals of what had no price.
        arrivals: What came in without a price, or not all of it with one.
        lacking: How much more was given away than had ever come in.
    """

    low: Amounts
    high: Amounts
    events: tuple[str, ...]
    arrivals: tuple[str, ...]
    lacking: Decimal

    @property
    def is_point(self) -> bool:
        """Whether nothing is open."""
        return self.low == self.high


def interval(facts: Sequence[Fact], asset: AssetId, known: Known = NOTHING_KNOWN) -> Interval:
    """What the asset's facts, in the order of their instants, realised at least and at most."""
    market = market_basis(facts, asset)
    return Interval(
        low=realised(facts, asset, market, known),
        high=realised(facts, asset, _nothing, known),
        events=_open_disposals(facts, asset, known),
        arrivals=tuple(fact.identity for fact in facts if _unpriced(fact, asset) > known.get(fact.identity, _ALL)[0]),
        lacking=_lacking(facts, asset),
    )


def realised(facts: Iterable[Fact], asset: AssetId, basis: Basis, known: Known = NOTHING_KNOWN) -> Amounts:
    """What was realised if everything unpriced had cost what the basis says."""
    pool = Pool()
    for fact in facts:
        _take(pool, asset, fact, basis, known.get(fact.identity))
    return pool.position().realised


def market_basis(facts: Iterable[Fact], asset: AssetId) -> Basis:
    """Market prices as the asset's own trades show them: of the trade nearest in time."""
    prices = [(fact.occurred_at, *price) for fact in facts if (price := _price(fact, asset))]

    def basis(fact: Fact, quantity: Decimal) -> Amounts:
        if not prices:
            return {}
        _, currency, unit = min(prices, key=lambda each: abs(each[0] - fact.occurred_at))
        return {currency: divide(EXACT.multiply(quantity, unit.numerator), unit.denominator)}

    return basis


_ALL: Final[tuple[Decimal, Amounts]] = (ZERO, {})


@dataclass(frozen=True, slots=True)
class _Unit:
    """A price as the two amounts of its trade, so that nothing is rounded twice."""

    numerator: Decimal
    denominator: Decimal


def _take(pool: Pool, asset: AssetId, fact: Fact, basis: Basis, known: tuple[Decimal, Amounts] | None = None) -> None:
    arrived = _unpriced(fact, asset)
    if arrived > 0:
        proven, cost = known or (ZERO, {})
        rest = subtract(arrived, proven)
        if proven:
            pool.acquire(proven, cost)
        if rest:
            pool.acquire(rest, basis(fact, rest))
        apply(pool, asset, replace(fact, legs=tuple(leg for leg in fact.legs if leg.role is not LegRole.MOVEMENT)))
        return
    lacking = subtract(_given(fact, asset), pool.quantity)
    if lacking > 0:
        pool.acquire(lacking, basis(fact, lacking))
    apply(pool, asset, fact)


def _open_disposals(facts: Iterable[Fact], asset: AssetId, known: Known) -> tuple[str, ...]:
    """Trades that gave away what had no price, first to last."""
    pool, found = Pool(), []
    for fact in facts:
        given = _given(fact, asset)
        is_disposal = given > 0 and fact.kind in {EntryKind.TRADE, EntryKind.CONVERSION}
        if is_disposal and (pool.unproven > 0 or given > pool.quantity):
            found.append(fact.identity)
        if fact.identity in known:
            _take(pool, asset, fact, _nothing, known[fact.identity])
        else:
            apply(pool, asset, fact)
    return tuple(found)


def _lacking(facts: Iterable[Fact], asset: AssetId) -> Decimal:
    balance = lowest = ZERO
    for fact in facts:
        balance = subtract(balance, _given(fact, asset))
        lowest = min(lowest, balance)
    return lowest.copy_abs()


def _unpriced(fact: Fact, asset: AssetId) -> Decimal:
    """How much came in without a price."""
    if fact.kind not in UNPRICED:
        return ZERO
    moved = [leg.amount for leg in fact.legs if leg.asset == asset and leg.role is LegRole.MOVEMENT]
    return reduce(add, moved, ZERO)


def _given(fact: Fact, asset: AssetId) -> Decimal:
    """How much a fact takes out of the pool."""
    return reduce(subtract, (leg.amount for leg in fact.legs if leg.asset == asset), ZERO)


def _price(fact: Fact, asset: AssetId) -> tuple[AssetId, _Unit] | None:
    if fact.kind is not EntryKind.TRADE or fact.legs[0].asset != asset:
        return None
    base, quote = fact.legs[:2]
    return quote.asset, _Unit(quote.amount.copy_abs(), base.amount.copy_abs())


def _nothing(_fact: Fact, _quantity: Decimal) -> Mapping[AssetId, Decimal]:
    return {}
