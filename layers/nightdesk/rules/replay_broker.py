"""Carries out what a replayed rule set does: orders on the bars after the decision.

The fill model, the same for every replay:

- A decision is made when a bar ends; its orders reach the venue after that. A market order is filled at the open of the
  next bar, worsened by the slippage ratio: dearer for a purchase, cheaper for a sale.
- A limit order rests from the next bar on and is filled whole in the first bar that trades at its price or through
  it: at its price, or at the bar's open where that is better.
- The fee ratio is taken from what comes in. Quantities are rounded down to the lot; what is less than one lot is left.
- A sale never sells more than is held when it is filled, a purchase never spends more than is there: the order is
  made smaller. Depth is not modelled: an order never moves the market but by the slippage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

from nightdesk.execution.scope import Scope
from nightdesk.indicators.model import Field
from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.money import ZERO, add, divide, multiply, subtract
from nightdesk.markets.orders import Side
from nightdesk.rules.actions import (
    Action,
    CancelOrders,
    HaltTrading,
    PanicSell,
    PlaceOrder,
    Reduce,
    Sell,
    Size,
    SizeUnit,
    kind_of,
)
from nightdesk.rules.replay_account import Fill, Key, SimulatedAccount
from nightdesk.rules.replay_tape import Tape

RUN_MAX: Final = 65_536
LOT: Final = Decimal("0.00000001")
ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FillModel:
    """What trading costs.

    Attributes:
        fee_ratio: Of what comes in.
        slippage_ratio: Of the price, against a market order.
        lot: The smallest step of a quantity.
    """

    fee_ratio: Decimal = Decimal("0.001")
    slippage_ratio: Decimal = Decimal("0.0005")
    lot: Decimal = LOT


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedOrder:
    """An order under way.

    Attributes:
        limit_price: None of a market order.
        from_place: The first bar that may fill it.
    """

    account_id: AccountId
    instrument: Instrument
    side: Side
    quantity: Decimal
    limit_price: Decimal | None
    from_place: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an action: `done`, `nothing_to_do`, `halted`, `told` (recorded only), `not_connected` (bots)."""

    action: str
    outcome: str


class Broker:
    """Orders under way and how they are filled."""

    def __init__(self, tape: Tape, account: SimulatedAccount, model: FillModel) -> None:
        self._tape = tape
        self._account = account
        self._model = model
        self._open: list[tuple[int, SimulatedOrder]] = []
        self._is_halted = False
        self._may_reduce = False

    @property
    def next_place(self) -> int | None:
        """The first bar in which an order is filled; None if none ever is."""
        return min((place for place, _ in self._open), default=None)

    def fill(self, place: int) -> None:
        """Fill every order that is due in the bar."""
        due = [order for at, order in self._open if at == place]
        self._open = [each for each in self._open if each[0] != place]
        for order in sorted(due, key=lambda order: order.side is Side.BUY):  # what sales bring may be spent
            self._fill(order, place)

    def act(self, actions: Sequence[Action], place: int) -> list[Outcome]:
        """Carry out a firing's actions, decided when the bar ended."""
        return [Outcome(kind_of(action), self._act(action, place)) for action in actions]

    def _act(self, action: Action, place: int) -> str:
        match action:
            case PanicSell() | Reduce() | Sell() | PlaceOrder():
                return self._trade(action, place)
            case CancelOrders(scope=scope, side=side):
                return "done" if self._cancel(scope, side) else "nothing_to_do"
            case HaltTrading(allow_reducing=allow_reducing):
                self._is_halted, self._may_reduce = True, allow_reducing
                return "done"
            case _:
                return "not_connected" if hasattr(action, "bot_id") else "told"

    def _trade(self, action: PanicSell | Reduce | Sell | PlaceOrder, place: int) -> str:
        match action:
            case PanicSell(scope=scope, into=into):
                self._cancel(scope, None)
                return self._sell_scope(scope, ONE, into, place, "panic sell")
            case Reduce(scope=scope, ratio=ratio, into=into):
                return self._sell_scope(scope, ratio, into, place, "reduce")
            case Sell():
                return self._sell(action, place)
            case _:
                return self._place(action, place)

    def _sell_scope(self, scope: Scope, ratio: Decimal, into: AssetId | None, place: int, reason: str) -> str:
        if self._is_halted and not self._may_reduce:
            return "halted"
        target = into or self._account.base_asset
        positions = self._account.now.positions
        held = [(key, each.quantity) for key, each in positions.items() if scope.covers(*key) and key[1] != target]
        return self._sell_each(((key, multiply(quantity, ratio)) for key, quantity in held), target, place, reason)

    def _sell(self, action: Sell, place: int) -> str:
        if self._is_halted and not self._may_reduce:
            return "halted"
        positions = self._account.now.positions
        scope = Scope(account_id=action.account_id, asset=action.asset)
        held = {key: each.quantity for key, each in positions.items() if scope.covers(*key) and each.quantity > 0}
        whole = sum(held.values(), ZERO)
        ratio = action.size.value
        if action.size.unit is SizeUnit.BASE:
            ratio = min(ONE, divide(action.size.value, whole)) if whole else ZERO
        target = action.into or self._account.base_asset
        return self._sell_each(((key, multiply(each, ratio)) for key, each in held.items()), target, place, "sell")

    def _sell_each(self, parts: Iterable[tuple[Key, Decimal]], into: AssetId, place: int, reason: str) -> str:
        sold = [self._sell_part(key, quantity, into, place, reason) for key, quantity in parts]
        return "done" if any(sold) else "nothing_to_do"

    def _sell_part(self, key: Key, quantity: Decimal, into: AssetId, place: int, reason: str) -> bool:
        instrument = self._market_of(key[1], into)
        if instrument is None or quantity < self._model.lot:
            return False
        order = SimulatedOrder(
            account_id=key[0],
            instrument=instrument,
            side=Side.SELL,
            quantity=quantity,
            limit_price=None,
            from_place=place + 1,
            reason=reason,
        )
        return self._send(order)

    def _market_of(self, asset: AssetId, into: AssetId) -> Instrument | None:
        """The asset's market against another, or the first one of the asset."""
        markets = [each for each in self._tape.instruments if each.base == asset]
        return next((each for each in markets if each.quote == into), markets[0] if markets else None)

    def _place(self, action: PlaceOrder, place: int) -> str:
        if self._is_halted:
            return "halted"
        price = self._tape.prices(place).get(action.instrument)
        if price is None:
            return "nothing_to_do"
        limit = action.limit_price
        if action.limit_offset_ratio is not None:
            limit = multiply(price.last, ONE + action.limit_offset_ratio)
        quantity = self._quantity(action, limit or price.last)
        order = SimulatedOrder(
            account_id=action.account_id,
            instrument=action.instrument,
            side=action.side,
            quantity=quantity,
            limit_price=limit,
            from_place=place + 1,
            reason="order",
        )
        return "done" if self._send(order) else "nothing_to_do"

    def _quantity(self, action: PlaceOrder, price: Decimal) -> Decimal:
        size: Size = action.size
        match size.unit:
            case SizeUnit.BASE:
                return size.value
            case SizeUnit.QUOTE:
                return divide(size.value, price)
        held = self._account.now
        if action.side is Side.SELL:
            return multiply(held.quantity(action.account_id, action.instrument.base), size.value)
        return divide(multiply(held.quantity(action.account_id, action.instrument.quote), size.value), price)

    def _send(self, order: SimulatedOrder) -> bool:
        order = replace(order, quantity=self._in_lots(order.quantity))
        if order.quantity <= 0:
            return False
        at = self._filled_at(order)
        if at is not None:
            self._open.append((at, order))
        return True

    def _filled_at(self, order: SimulatedOrder) -> int | None:
        """The bar in which the order will be filled, if it is not cancelled before."""
        begin, size = order.from_place, 1
        while begin < len(self._tape):
            hits = self._hits(order, slice(begin, begin + size))
            if hits.any():
                return begin + int(np.argmax(hits))
            begin, size = begin + size, min(size * 8, RUN_MAX)
        return None

    def _hits(self, order: SimulatedOrder, run: slice) -> npt.NDArray[np.bool_]:
        """Whether each bar fills the order."""
        if order.limit_price is None:
            return ~np.isnan(self._tape.column(order.instrument, Field.OPEN)[run])
        if order.side is Side.BUY:
            reached = self._tape.column(order.instrument, Field.LOW)[run] <= float(order.limit_price)
        else:
            reached = self._tape.column(order.instrument, Field.HIGH)[run] >= float(order.limit_price)
        return np.asarray(reached)

    def _fill(self, order: SimulatedOrder, place: int) -> None:
        price = self._price(order, place)
        quantity = self._in_lots(min(order.quantity, self._affordable(order, price)))
        if quantity <= 0:
            return
        received = quantity if order.side is Side.BUY else multiply(quantity, price)
        fill = Fill(
            account_id=order.account_id,
            instrument=order.instrument,
            side=order.side,
            quantity=quantity,
            price=price,
            fee=multiply(received, self._model.fee_ratio),
            at=self._tape.instant(place - 1),
            reason=order.reason,
        )
        self._account.take(fill, place)

    def _price(self, order: SimulatedOrder, place: int) -> Decimal:
        opened = Decimal(repr(float(self._tape.column(order.instrument, Field.OPEN)[place])))
        if order.limit_price is not None:
            pick = min if order.side is Side.BUY else max
            return pick(opened, order.limit_price)
        slippage = self._model.slippage_ratio
        factor = add(ONE, slippage) if order.side is Side.BUY else subtract(ONE, slippage)
        return multiply(opened, factor)

    def _affordable(self, order: SimulatedOrder, price: Decimal) -> Decimal:
        held = self._account.now
        if order.side is Side.SELL:
            return held.quantity(order.account_id, order.instrument.base)
        return divide(held.quantity(order.account_id, order.instrument.quote), price)

    def _cancel(self, scope: Scope, side: Side | None) -> bool:
        def concerns(order: SimulatedOrder) -> bool:
            in_scope = scope.covers(order.account_id, order.instrument.base)
            return in_scope and side in {None, order.side} and order.limit_price is not None

        kept = [each for each in self._open if not concerns(each[1])]
        cancelled = len(kept) < len(self._open)
        self._open = kept
        return cancelled

    def _in_lots(self, quantity: Decimal) -> Decimal:
        steps = (quantity / self._model.lot).to_integral_value(rounding=ROUND_DOWN)
        return multiply(steps, self._model.lot)
