"""Why the engine refuses.

EngineError
├── UnknownInstrument
├── UnknownAccount
├── UnknownOrder
├── UnknownTransfer
├── OrderRejected          DuplicateOrder, InsufficientBalance, WouldTake, WouldTrigger
├── FilterFailed           an instrument's rule; `rule` names it
└── HistoryUnusable        an account history that can't be made
"""

from __future__ import annotations


class EngineError(Exception):
    """Base of the engine's refusals; the message is for people."""


class UnknownInstrument(EngineError):
    """There is no such market."""


class UnknownAccount(EngineError):
    """There is no account with this key."""


class UnknownOrder(EngineError):
    """The account has no such order, or it is not open any more."""


class UnknownTransfer(EngineError):
    """The account has no such deposit or withdrawal."""


class OrderRejected(EngineError):
    """A well-formed order that can't be accepted now."""


class DuplicateOrder(OrderRejected):
    """An open order has the same client order id."""


class InsufficientBalance(OrderRejected):
    """The account doesn't have what the order would lock or spend."""


class WouldTake(OrderRejected):
    """A maker-only order that would match at once."""


class WouldTrigger(OrderRejected):
    """A stop whose price is reached already."""


class FilterFailed(EngineError):
    """An instrument's rule is broken.

    Attributes:
        rule: `price`, `price_band`, `lot`, `market_lot`, `notional` or `stops`.
    """

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class HistoryUnusable(EngineError):
    """The asked account history can't be made."""
