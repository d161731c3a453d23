"""Moves balances for orders and fills; every movement is exact and none makes a balance negative."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import Account, Fill, Instrument, Order, Side
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
        asset, amount = _cost(order.side, instrument, quantity, price)
        self._accounts.move(order.account_id, asset, free=-amount, locked=amount)

    def release(self, order: Order, instrument: Instrument, quantity: Decimal, price: Decimal) -> None:
        """Give back what was set aside for so much of the order."""
        asset, amount = _cost(order.side, instrument, quantity, price)
        self._accounts.move(order.account_id, asset, free=amount, locked=-amount)

    def pay(self, order: Order, instrument: Instrument, fill: Fill, locked_price: Decimal) -> None:
        """Exchange what was set aside for what the fill brings, less its fee."""
        asset, locked = _cost(order.side, instrument, fill.quantity, locked_price)
        _, spent = _cost(order.side, instrument, fill.quantity, fill.price)
        received, amount = _proceeds(order.side, instrument, fill)
        self._accounts.move(order.account_id, asset, free=subtract(locked, spent), locked=-locked)
        self._accounts.move(order.account_id, received, free=amount)
        self._accounts.move(order.account_id, fill.fee_asset, free=-fill.fee)

    def fee(self, account: Account, received: str, amount: Decimal) -> tuple[Decimal, str]:
        """The fee of a fill that brings so much: in the fee asset while there is enough, else in what is received."""
        if account.fee_asset and account.fee_asset != received:
            worth = self._markets.convert(multiply(amount, FEE_RATIO * FEE_ASSET_RATIO), received, account.fee_asset)
            fee = worth.quantize(FEE_QUANTUM, ROUND_DOWN) if worth is not None else None
            if fee is not None and self._accounts.balance(account.account_id, account.fee_asset).free >= fee:
                return fee, account.fee_asset
        return multiply(amount, FEE_RATIO).quantize(FEE_QUANTUM, ROUND_DOWN), received


def _cost(side: Side, instrument: Instrument, quantity: Decimal, price: Decimal) -> tuple[str, Decimal]:
    if side is Side.BUY:
        return instrument.quote, multiply(quantity, price)
    return instrument.base, quantity


def _proceeds(side: Side, instrument: Instrument, fill: Fill) -> tuple[str, Decimal]:
    return (instrument.base, fill.quantity) if side is Side.BUY else (instrument.quote, fill.quote_quantity)
