"""What a liquidation sells: which balances of which accounts, where, in which pieces, and what it must leave.

Pure: the same balances, markets and aim give the same plan. A plan sells no more than is held and names no balance
twice. A balance goes straight into the asset that was asked for where the venue has a market of the two; otherwise
into the first quote of `QUOTES` that it trades against. Only where no cash is reached (BTC, ETH or BNB) do
the proceeds have to be sold in their turn: by another plan, once they are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_FLOOR, Context, Decimal
from enum import StrEnum
from functools import reduce
from typing import Final

from nightdesk.execution.scope import WHOLE_PORTFOLIO, Scope
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.money import EXACT, QUANTUM, ZERO, add, multiply, subtract
from nightdesk.markets.orders import MarketRules, OrderType
from nightdesk.orders.fitting import to_step
from nightdesk.orders.limiting import CASH

QUOTES: Final = tuple(map(AssetId, ("USDT", "USDC", "FDUSD", "USD", "EUR", "TUSD", "BTC", "ETH", "BNB")))
"""Quote assets by how much is traded against them, the most first."""

PIECES_MAX: Final = 20
_DOWN: Final = Context(prec=76, rounding=ROUND_DOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAsset:
    """What an account can sell of an asset now: held, and not committed to an order that stays."""

    account_id: AccountId
    venue: VenueId
    asset: AssetId
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Market:
    """A market's rules and its last price, in quote per base."""

    rules: MarketRules
    last: Decimal


MarketOf = Callable[[Instrument], Market | None]
"""The market, if the venue has it and a price of it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What is to be sold.

    Attributes:
        base_asset: Of the portfolio; sold into where nothing else is said and there is a market.
        into: What was asked for.
        ratio: Of each balance; everything if 1.
        amount: Of one asset over all its accounts, instead of a ratio.
    """

    base_asset: AssetId
    scope: Scope = WHOLE_PORTFOLIO
    into: AssetId | None = None
    ratio: Decimal = Decimal(1)
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One market order to sell.

    Attributes:
        quantity: Rounded down to what the market takes.
        brings: About so much of the quote, at the last price and before fees.
    """

    account_id: AccountId
    instrument: Instrument
    quantity: Decimal
    brings: Decimal


class Left(StrEnum):
    """Why something is not sold.

    `read_only` is at a venue that the desk sends no orders to. `pieces_too_small` would be enough at once, but the
    market takes no single order that is both small and worth enough.
    """

    DUST = "dust"
    NO_MARKET = "no_market"
    MARKET_CLOSED = "market_closed"
    READ_ONLY = "read_only"
    TOO_MANY_PIECES = "too_many_pieces"
    PIECES_TOO_SMALL = "pieces_too_small"


@dataclass(frozen=True, slots=True, kw_only=True)
class Residue:
    """What can't be sold, and why."""

    account_id: AccountId
    asset: AssetId
    quantity: Decimal
    why: Left


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidation:
    """What is sold and what is left."""

    sales: tuple[Sale, ...]
    residue: tuple[Residue, ...]


def plan_liquidation(held: Iterable[HeldAsset], market_of: MarketOf, aim: Aim) -> Liquidation:
    """What selling would do now."""
    sales: list[Sale] = []
    residue: list[Residue] = []
    for balance, quantity in _wanted(held, aim):
        for part in _sell(balance, quantity, _market(balance, market_of, aim)):
            if isinstance(part, Sale):
                sales.append(part)
            else:
                residue.append(part)
    return Liquidation(sales=tuple(sales), residue=tuple(residue))


def _within(held: Iterable[HeldAsset], aim: Aim) -> Iterator[HeldAsset]:
    """Balances of the scope that are not what they would be sold into, each once, in a fixed order."""
    once = {(each.account_id, each.asset): each for each in held if each.quantity > 0}
    for key in sorted(once):
        if aim.scope.covers(*key) and not _stays(once[key].asset, aim):
            yield once[key]


def _stays(asset: AssetId, aim: Aim) -> bool:
    if aim.into is not None:
        return asset == aim.into
    return aim.scope.asset is None and (asset == aim.base_asset or asset in CASH)


def _wanted(held: Iterable[HeldAsset], aim: Aim) -> Iterator[tuple[HeldAsset, Decimal]]:
    balances = list(_within(held, aim))
    if aim.amount is None:
        return ((balance, _part(balance.quantity, aim.ratio)) for balance in balances)
    return zip(balances, in_proportion(aim.amount, [balance.quantity for balance in balances]), strict=True)


def _part(quantity: Decimal, ratio: Decimal) -> Decimal:
    return quantity if ratio == 1 else floor_to(_DOWN.multiply(quantity, ratio), QUANTUM)


def in_proportion(amount: Decimal, quantities: Sequence[Decimal]) -> list[Decimal]:
    """The amount spread in proportion: no quantity gives more than it is, all together no more than asked."""
    total = reduce(add, quantities, ZERO)
    if amount >= total:
        return list(quantities)
    shares = [floor_to(_DOWN.divide(_DOWN.multiply(amount, each), total), QUANTUM) for each in quantities]
    left = subtract(amount, reduce(add, shares, ZERO))
    for index, share in enumerate(shares):
        more = min(left, subtract(quantities[index], share))
        shares[index], left = add(share, more), subtract(left, more)
    return shares


def _ways(balance: HeldAsset, aim: Aim) -> Iterator[Instrument]:
    quotes = (aim.into or aim.base_asset, *QUOTES)
    for quote in dict.fromkeys(quotes):
        if quote != balance.asset:
            yield Instrument(balance.venue, balance.asset, quote)


def _market(balance: HeldAsset, market_of: MarketOf, aim: Aim) -> Market | None:
    """The first open market on the way; a closed one if there is no other."""
    closed: Market | None = None
    for way in _ways(balance, aim):
        market = market_of(way)
        if market is not None and _takes_sales(market):
            return market
        closed = closed or market
    return closed


def _takes_sales(market: Market) -> bool:
    return market.rules.is_open and OrderType.MARKET in market.rules.types


def _sell(balance: HeldAsset, quantity: Decimal, market: Market | None) -> Iterator[Sale | Residue]:
    if market is None:
        yield _residue(balance, quantity, Left.NO_MARKET)
        return
    if not _takes_sales(market):
        yield _residue(balance, quantity, Left.MARKET_CLOSED if market.rules.types else Left.READ_ONLY)
        return
    pieces = pieces_of(quantity, market)
    for piece in pieces:
        yield Sale(
            account_id=balance.account_id,
            instrument=market.rules.instrument,
            quantity=piece,
            brings=multiply(piece, market.last),
        )
    left = subtract(quantity, reduce(add, pieces, ZERO))
    if left > 0:
        yield _residue(balance, left, _why_left(left, len(pieces), market))


def _why_left(left: Decimal, pieces: int, market: Market) -> Left:
    if pieces == PIECES_MAX:
        return Left.TOO_MANY_PIECES
    return Left.PIECES_TOO_SMALL if _is_enough(floor_to(left, _lot(market)), market) else Left.DUST


def pieces_of(quantity: Decimal, market: Market) -> list[Decimal]:
    """The quantity in market orders that the market takes, largest first; what is not in them is too little."""
    rules, lot = market.rules, _lot(market)
    largest = min(filter(None, (rules.market_quantity_max, rules.quantity_max)), default=quantity)
    pieces: list[Decimal] = []
    left, most = floor_to(quantity, lot), floor_to(largest, lot)
    while len(pieces) < PIECES_MAX and _is_enough(piece := min(left, most), market):
        pieces.append(piece)
        left = subtract(left, piece)
    return pieces


def _lot(market: Market) -> Decimal:
    return market.rules.market_lot or market.rules.lot


def _is_enough(quantity: Decimal, market: Market) -> bool:
    rules = market.rules
    return quantity > 0 and quantity >= rules.quantity_min and multiply(quantity, market.last) >= rules.notional_min


def floor_to(quantity: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of the step that is not more."""
    return to_step(quantity, step, ROUND_FLOOR).normalize(EXACT)


def _residue(balance: HeldAsset, quantity: Decimal, why: Left) -> Residue:
    return Residue(account_id=balance.account_id, asset=balance.asset, quantity=quantity, why=why)
