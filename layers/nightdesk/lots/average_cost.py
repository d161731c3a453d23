"""Average cost in the currencies that were really paid, exact to 18 decimals.

Each asset of an account is one pool. What its proven part cost is kept per currency, as it was paid: ETH bought with
USDT costs USDT, XRP bought with ETH costs ETH. Nothing is converted when it is booked, so no rate of a past moment
can be wrong; figures in one currency are made when they are shown.

The convention:

- In BASE/QUOTE the base is the position and the quote is cash. A buy adds what was paid to the base's cost; a sale
  relieves the sold share of the cost and realises proceeds less relieved cost.
- Cash changes hands at par. Received cash costs itself; spent cash is given for itself. Cash that only ever was cash
  thus realises exactly nothing, and an asset that was bought and then spent (ETH for XRP) realises `+1 ETH, -2000
  USDT`: its gain is neither lost nor moved into what it bought.
- A fee in the base makes the quantity smaller and leaves the cost; a fee in another asset adds to the cost of a buy or
  lowers the proceeds of a sale, and is spent at par from its own pool. A fee on a movement is lost: what it cost is
  realised as a loss. A transfer between wallets of the account moves nothing of it but its fee.
- A conversion of one asset into one other is a trade in which a currency, if there is one, is the cash. Of several,
  nothing tells what was given for what: each is unproven, or leaves with its share of the cost.
- What a futures position realised and its funding are cash earned or lost at par. Interest paid and fees are lost.
- What arrives without a price (deposits, rewards) is unproven. It leaves in proportion, and its share of proceeds is
  left out of realised PnL. What leaves without a price (withdrawals) takes its share of the cost along, without PnL.
- Giving more than there is (history is missing) makes quantity and unproven negative alike; the excess realises
  nothing, and what later fills the hole adds no cost.

Rounding, half to even, happens where a share is taken, and the remainder stays in the pool: for every currency
`cost - realised` is exactly what was paid less what was counted as received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import reduce
from typing import Final

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import EXACT, ZERO, add, divide, subtract
from nightdesk.ledger.model import EntryKind, Fact, LegRole

EARNED: Final = frozenset({EntryKind.REALISED_PNL, EntryKind.FUNDING})
LOST: Final = EARNED | {EntryKind.INTEREST}
_STABLE: Final = ("USDT", "USDC", "BUSD", "FDUSD", "TUSD", "DAI")
_FIAT: Final = ("USD", "EUR", "GBP", "TRY", "BRL", "JPY", "AUD", "CAD", "CHF")
_CASH: Final = frozenset(map(AssetId, _STABLE + _FIAT))
_PAIR: Final = 2

Amounts = Mapping[AssetId, Decimal]
"""An amount in each of several assets; none of them zero."""


@dataclass(frozen=True, slots=True)
class Position:
    """What an account holds of an asset, and what that cost.

    Attributes:
        quantity: The sum of all legs of the asset.
        unproven: The part whose cost is not known; negative, and equal to the quantity, where history is missing.
        cost: What the rest cost, fees included, in the currencies paid.
        realised: Realised PnL in the currencies traded.
    """

    quantity: Decimal = ZERO
    unproven: Decimal = ZERO
    cost: Amounts = field(default_factory=dict)
    realised: Amounts = field(default_factory=dict)

    @property
    def proven(self) -> Decimal:
        """The part whose cost is known; never negative."""
        return subtract(self.quantity, self.unproven)

    @property
    def history_missing(self) -> bool:
        """More was given than had come in."""
        return self.quantity < 0

    def average_cost(self) -> Amounts:
        """What one unit of the proven part cost; empty when there is none."""
        proven = self.proven
        return {asset: divide(amount, proven) for asset, amount in self.cost.items()} if proven else {}


class Pool:
    """A position being folded; quantities given to its methods are positive."""

    __slots__ = ("cost", "quantity", "realised", "unproven")

    def __init__(self, position: Position | None = None) -> None:
        start = position or Position()
        self.quantity = start.quantity
        self.unproven = start.unproven
        self.cost = dict(start.cost)
        self.realised = dict(start.realised)

    def position(self) -> Position:
        """The pool as it stands, without zero amounts."""
        return Position(self.quantity, self.unproven, _without_zeros(self.cost), _without_zeros(self.realised))

    def acquire(self, quantity: Decimal, cost: Amounts) -> None:
        """Take in what was paid for; what fills a hole of missing history adds no cost."""
        filling = min(quantity, _opposite(self.unproven)) if self.unproven < 0 else ZERO
        self.quantity = add(self.quantity, quantity)
        self.unproven = add(self.unproven, filling)
        _add_share(self.cost, cost, subtract(quantity, filling), quantity)

    def receive(self, quantity: Decimal) -> None:
        """Take in what has no price."""
        self.quantity = add(self.quantity, quantity)
        self.unproven = add(self.unproven, quantity)

    def dispose(self, quantity: Decimal, proceeds: Amounts) -> None:
        """Give for a price: realise the proven share of it less what that share cost."""
        proven, relieved = self._take_out(quantity)
        _add_share(self.realised, proceeds, proven, quantity)
        for asset, amount in relieved.items():
            self.realised[asset] = subtract(self.realised.get(asset, ZERO), amount)

    def release(self, quantity: Decimal) -> None:
        """Give without a price: the cost goes along, nothing is realised."""
        self._take_out(quantity)

    def _take_out(self, quantity: Decimal) -> tuple[Decimal, dict[AssetId, Decimal]]:
        """Lower the quantity; the proven part of what went, and the cost that went with it."""
        held, proven = self.quantity, subtract(self.quantity, self.unproven)
        self.quantity = subtract(held, quantity)
        if quantity >= held:
            relieved, self.cost = self.cost, {}
            self.unproven = self.quantity
            return proven, relieved
        relieved = {asset: _share(amount, quantity, held) for asset, amount in self.cost.items()}
        for asset, amount in relieved.items():
            self.cost[asset] = subtract(self.cost[asset], amount)
        unproven = _share(self.unproven, quantity, held)
        self.unproven = subtract(self.unproven, unproven)
        return subtract(quantity, unproven), relieved


def fold(facts: Iterable[Fact], asset: AssetId, position: Position | None = None) -> Position:
    """The asset's position after the facts, which come in the order of their instants."""
    pool = Pool(position)
    for fact in facts:
        apply(pool, asset, fact)
    return pool.position()


def apply(pool: Pool, asset: AssetId, fact: Fact) -> None:
    """Let the fact change the asset's pool; facts without a leg of the asset change nothing."""
    if fact.kind is EntryKind.CONVERSION:
        fact = _as_trade(fact)
    if fact.kind is not EntryKind.TRADE:
        _move(pool, asset, fact)
    elif fact.legs[0].asset == asset:
        _trade(pool, asset, fact)
    else:
        _pay(pool, asset, fact)


def _trade(pool: Pool, asset: AssetId, fact: Fact) -> None:
    """The base's side of a trade: a position is bought or sold."""
    base, fees = fact.legs[0].amount, ZERO
    consideration: dict[AssetId, Decimal] = {}
    for leg in fact.legs[1:]:
        if leg.asset == asset:
            fees = add(fees, leg.amount)
        else:
            consideration[leg.asset] = add(consideration.get(leg.asset, ZERO), leg.amount)
    if base > 0:
        _buy(pool, base, fees, {currency: _opposite(amount) for currency, amount in consideration.items()})
    else:
        _sell(pool, _opposite(base), fees, consideration)


def _buy(pool: Pool, quantity: Decimal, fees: Decimal, cost: Amounts) -> None:
    net = add(quantity, fees)
    if net > 0:
        pool.acquire(net, cost)
    else:  # the fee takes all of it, or more
        pool.acquire(quantity, cost)
        pool.dispose(_opposite(fees), {})


def _sell(pool: Pool, quantity: Decimal, fees: Decimal, proceeds: Amounts) -> None:
    net = subtract(quantity, fees)
    if net > 0:
        pool.dispose(net, proceeds)
    else:  # a rebate gives all of it back, or more
        pool.dispose(quantity, proceeds)
        pool.acquire(fees, {})


def _pay(pool: Pool, asset: AssetId, fact: Fact) -> None:
    """Another asset's side of a trade: cash or a fee changes hands at par."""
    amount = reduce(add, (leg.amount for leg in fact.legs if leg.asset == asset), ZERO)
    if amount > 0:
        pool.acquire(amount, {asset: amount})
    elif amount < 0:
        pool.dispose(_opposite(amount), {asset: _opposite(amount)})


def _move(pool: Pool, asset: AssetId, fact: Fact) -> None:
    """Something came or went without a price; its fee is lost."""
    mine = [leg for leg in fact.legs if leg.asset == asset]
    moved = reduce(add, (leg.amount for leg in mine if leg.role is not LegRole.FEE), ZERO)
    if moved > 0:
        _come(pool, asset, moved, fact.kind)
    elif moved < 0 and fact.kind in LOST:
        pool.dispose(_opposite(moved), {})
    elif moved < 0:
        pool.release(_opposite(moved))
    for leg in mine:
        if leg.role is LegRole.FEE and leg.amount > 0:
            pool.receive(leg.amount)
        elif leg.role is LegRole.FEE:
            pool.dispose(_opposite(leg.amount), {})


def _come(pool: Pool, asset: AssetId, amount: Decimal, kind: EntryKind) -> None:
    if kind in EARNED:
        pool.acquire(amount, {asset: amount})
        pool.realised[asset] = add(pool.realised.get(asset, ZERO), amount)
    else:
        pool.receive(amount)


def _as_trade(fact: Fact) -> Fact:
    """A conversion of one asset into one other as the trade that it is; any other as it stands."""
    moved = sorted((leg for leg in fact.legs if leg.role is LegRole.MOVEMENT), key=lambda leg: leg.asset in _CASH)
    if len(moved) != _PAIR:
        return fact
    fees = (leg for leg in fact.legs if leg.role is LegRole.FEE)
    return replace(fact, kind=EntryKind.TRADE, legs=(*moved, *fees))


def _opposite(amount: Decimal) -> Decimal:
    return amount.copy_negate()  # the minus sign would round to the ambient context's 28 digits


def _share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """`amount * part / whole`, rounded once."""
    return divide(EXACT.multiply(amount, part), whole)


def _add_share(into: dict[AssetId, Decimal], amounts: Amounts, part: Decimal, whole: Decimal) -> None:
    for asset, amount in amounts.items():
        share = amount if part == whole else _share(amount, part, whole)
        into[asset] = add(into.get(asset, ZERO), share)


def _without_zeros(amounts: Amounts) -> dict[AssetId, Decimal]:
    return {asset: amount for asset, amount in amounts.items() if amount}
