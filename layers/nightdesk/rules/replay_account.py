"""What a simulated portfolio holds: exact, folded from its fills as the ledger folds them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count

from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import ZERO, multiply, subtract
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole
from nightdesk.lots.average_cost import Position, fold
from nightdesk.markets.orders import Side
from nightdesk.portfolio.model import Books, Holding, PortfolioAccount
from nightdesk.rules.holdings import Held, Move

Key = tuple[AccountId, AssetId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """An order as it was carried out.

    Attributes:
        price: In quote per base, slippage included.
        fee: Taken from what came in: base of a purchase, quote of a sale.
        reason: Why it was placed, in a word or two.
    """

    account_id: AccountId
    instrument: Instrument
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    at: datetime
    reason: str

    @property
    def notional(self) -> Decimal:
        """What changed hands, in quote."""
        return multiply(self.quantity, self.price)

    @property
    def fee_asset(self) -> AssetId:
        """What the fee is in."""
        return self.instrument.base if self.side is Side.BUY else self.instrument.quote


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything held between two fills.

    Attributes:
        since: The first bar at whose end it is held.
        sequence: How many fills led to it.
    """

    since: int
    sequence: int
    positions: Mapping[Key, Position]

    def quantity(self, account_id: AccountId, asset: AssetId) -> Decimal:
        """How much of the asset the account holds."""
        found = self.positions.get((account_id, asset))
        return ZERO if found is None else found.quantity


class SimulatedAccount:
    """A portfolio that trades in a replay.

    Args:
        portfolio_id: Whose figures the rules name.
        base_asset: In which it is valued.
        balances: What it begins with; without a known cost.

    Attributes:
        fills: Oldest first.
    """

    def __init__(
        self, portfolio_id: TenantId, base_asset: AssetId, balances: Mapping[Key, Decimal], started_at: datetime
    ) -> None:
        self.portfolio_id = portfolio_id
        self.base_asset = base_asset
        self.fills: list[Fill] = []
        self.account_ids = tuple(dict.fromkeys(account_id for account_id, _ in balances))
        self._started_at = started_at
        begun = {key: _begun(key[1], base_asset, amount) for key, amount in balances.items() if amount}
        self._history = [Holdings(0, 0, begun)]
        self._since = [0]
        self._moves: list[Move] = []
        self._told: tuple[Holdings, Books] | None = None  # the last that were asked for
        self._numbers = count(1)

    @property
    def now(self) -> Holdings:
        """What is held after the last fill."""
        return self._history[-1]

    def at(self, place: int) -> Holdings:
        """What was held when a bar ended."""
        return self._history[bisect_right(self._since, place) - 1]

    def take(self, fill: Fill, place: int) -> None:
        """Book a fill within the bar at this place."""
        self.fills.append(fill)
        fact = _fact(fill, next(self._numbers))
        positions = dict(self.now.positions)
        for asset in dict.fromkeys(leg.asset for leg in fact.legs):
            key = (fill.account_id, asset)
            positions[key] = fold((fact,), asset, positions.get(key))
        self._moves += [
            Move(fill.account_id, len(self.fills), leg.asset, leg.amount, fill.at, is_flow=False) for leg in fact.legs
        ]
        taken = Holdings(place, len(self.fills), positions)
        if self.now.since == place:
            self._history[-1] = taken
        else:
            self._history.append(taken)
            self._since.append(place)

    def held(self, place: int, known: Iterable[int]) -> Held:
        """The books when a bar ended.

        Args:
            place: Of the bar.
            known: The last fills that trailing stops have taken into account.
        """
        holdings = self.at(place)
        heads = dict.fromkeys(self.account_ids, holdings.sequence)
        return Held(
            books=self._books(holdings), heads=heads, moves=self._moves_after(min(known, default=None), holdings)
        )

    def _moves_after(self, known: int | None, holdings: Holdings) -> Sequence[Move]:
        if known is None or known >= holdings.sequence:
            return ()
        low = bisect_right(self._moves, known, key=lambda move: move.sequence)
        high = bisect_right(self._moves, holdings.sequence, key=lambda move: move.sequence)
        return self._moves[low:high]

    def _books(self, holdings: Holdings) -> Books:
        if self._told is None or self._told[0] is not holdings:
            self._told = holdings, self._written(holdings)
        return self._told[1]

    def _written(self, holdings: Holdings) -> Books:
        rows = tuple(
            Holding(
                account_id=account_id,
                asset=asset,
                position=position,
                folded_at=self._started_at,
                folded_sequence=holdings.sequence,
                stale=False,
            )
            for (account_id, asset), position in holdings.positions.items()
        )
        accounts = tuple(
            PortfolioAccount(
                account_id=account_id, venue=VenueId("replay"), label="Replay", state="active", refreshed_at=None
            )
            for account_id in self.account_ids
        )
        return Books(base_asset=self.base_asset, accounts=accounts, holdings=rows, reported=())


def _begun(asset: AssetId, base_asset: AssetId, amount: Decimal) -> Position:
    """Cash costs itself; what else is there at the beginning has no known cost."""
    if asset == base_asset:
        return Position(amount, ZERO, {asset: amount}, {})
    return Position(amount, amount, {}, {})


def _fact(fill: Fill, number: int) -> Fact:
    sign = Decimal(1) if fill.side is Side.BUY else Decimal(-1)
    legs = [
        Leg(role=LegRole.BASE, asset=fill.instrument.base, amount=multiply(sign, fill.quantity)),
        Leg(role=LegRole.QUOTE, asset=fill.instrument.quote, amount=multiply(-sign, fill.notional)),
    ]
    if fill.fee:
        legs.append(Leg(role=LegRole.FEE, asset=fill.fee_asset, amount=subtract(ZERO, fill.fee)))
    return Fact(
        kind=EntryKind.TRADE,
        identity=f"replay:{number}",
        source="replay",
        occurred_at=fill.at,
        legs=tuple(legs),
        instrument=fill.instrument,
    )
