"""Moves balances for orders and fills; every movement is exact and none makes a balance negative."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import QUOTE_FEES, Fill, Instrument, Order, Side
from fargate.paper_exchange.engine.store.accounts import AccountStore
from nightdesk.kernel.money import multiply, subtract

FEE_RATIO = Decimal("0.001")
FEE_ASSET_RATIO = Decimal("0.75")
"""What is left of a fee that is paid in the account's fee asset."""

FEE_QUANTUM = Decimal("0.00000001")


class Settlement:
    """Locks, pays and releases."""

    def __init__(self, accounts: AccountStore, markets: Markets) -> None:
        self._accounts = accounts
        self._markets = markets

    def lock(self, order: Order, instrument: Instrument, quantity: Decimal, price: Decimal) -> None:
        """Set aside what so much of the order may cost.

        Raises:
            InsufficientBalance: The account doesn't have it.
        """
        asset, amount = self._set_aside(order, instrument, quantity, price)
        self._accounts.move(order.account_id, asset, free=-amount, locked=amount)

    def release(self, order: Order, instrument: Instrument, quantity: Decimal, price: Decimal) -> None:
        """Give back what was set aside for so much of the order."""
        asset, amount = self._set_aside(order, instrument, quantity, price)
        self._accounts.move(order.account_id, asset, free=amount, locked=-amount)

    def pay(self, order: Order, instrument: Instrument, fill: Fill, locked_price: Decimal) -> None:
        """Exchange what was set aside for what the fill brings, less its fee."""
        asset, locked = self._set_aside(order, instrument, fill.quantity, locked_price)
        _, spent = _cost(order.side, instrument, fill.quantity, fill.price)
        received, amount = _proceeds(order.side, instrument, fill)
        self._accounts.move(order.account_id, asset, free=subtract(locked, spent), locked=-locked)
        self._accounts.move(order.account_id, received, free=amount)
        self._accounts.move(order.account_id, fill.fee_asset, free=-fill.fee)

    def fee(self, order: Order, instrument: Instrument, quantity: Decimal, notional: Decimal) -> tuple[Decimal, str]:
        """The fee of a fill: in the fee asset while there is enough, else in what is received or the quote."""
        account = self._accounts.by_number(order.account_id)
        in_base = order.side is Side.BUY and account.fee_asset != QUOTE_FEES
        charged, amount = (instrument.base, quantity) if in_base else (instrument.quote, notional)
        if account.fee_asset not in {"", QUOTE_FEES, charged}:
            worth = self._markets.convert(multiply(amount, FEE_RATIO * FEE_ASSET_RATIO), charged, account.fee_asset)
            fee = worth.quantize(FEE_QUANTUM, ROUND_DOWN) if worth is not None else None
            if fee is not None and self._accounts.balance(account.account_id, account.fee_asset).free >= fee:
                return fee, account.fee_asset
        return multiply(amount, FEE_RATIO).quantize(FEE_QUANTUM, ROUND_DOWN), charged

    def _set_aside(
        self, order: Order, instrument: Instrument, quantity: Decimal, price: Decimal
    ) -> tuple[str, Decimal]:
        """What so much of an order may cost; with its fee where buyers pay that in the quote too."""
        asset, amount = _cost(order.side, instrument, quantity, price)
        if order.side is Side.BUY and self._accounts.by_number(order.account_id).fee_asset == QUOTE_FEES:
            amount = multiply(amount, 1 + FEE_RATIO)
        return asset, amount


def _cost(side: Side, instrument: Instrument, quantity: Decimal, price: Decimal) -> tuple[str, Decimal]:
    if side is Side.BUY:
        return instrument.quote, multiply(quantity, price)
    return instrument.base, quantity


def _proceeds(side: Side, instrument: Instrument, fill: Fill) -> tuple[str, Decimal]:
    return (instrument.base, fill.quantity) if side is Side.BUY else (instrument.quote, fill.quote_quantity)
