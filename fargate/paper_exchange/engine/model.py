"""What the engine speaks of: instruments, accounts, orders, fills, transfers, trades of the tape."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Side(StrEnum):
    """Which way an order or a fill goes, seen from the account."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """How an order meets the book."""

    LIMIT = "limit"
    LIMIT_MAKER = "limit_maker"
    MARKET = "market"


class TimeInForce(StrEnum):
    """How long an order lives."""

    GOOD_TILL_CANCELLED = "good_till_cancelled"
    IMMEDIATE_OR_CANCEL = "immediate_or_cancel"
    FILL_OR_KILL = "fill_or_kill"


class OrderStatus(StrEnum):
    """Where an order is in its life."""

    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_open(self) -> bool:
        """Whether it may still fill."""
        return self in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


class TransferKind(StrEnum):
    """Into the account or out of it."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"


@dataclass(frozen=True, slots=True)
class Instrument:
    """A spot market and its rules.

    Attributes:
        tick: Smallest step of a price, in quote.
        lot: Smallest step of a quantity, in base.
        notional_min: Smallest price times quantity, in quote.
    """

    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    notional_min: Decimal
    quantity_max: Decimal

    @property
    def symbol(self) -> str:
        """`BASE/QUOTE`."""
        return f"{self.base}/{self.quote}"


class TapeTrade(NamedTuple):
    """A public trade of the market."""

    trade_id: int
    at_ms: int
    price: Decimal
    quantity: Decimal
    buyer_is_maker: bool


class Candle(NamedTuple):
    """One bar: prices in quote, volume in base, turnover in quote."""

    open_at_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal
    trades: int
    taker_buy_volume: Decimal
    taker_buy_turnover: Decimal
    first_trade_id: int
    last_trade_id: int


class Level(NamedTuple):
    """A price of the book and what stands there."""

    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a key may do."""

    read: bool = True
    trade: bool = True
    withdraw: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A customer of the exchange, known by one key.

    Attributes:
        fee_asset: Fees are paid in it while there is enough; empty for fees in what is received.
    """

    account_id: int
    venue: str
    key: str
    secret: str
    label: str
    permissions: Permissions
    fee_asset: str
    created_at_ms: int

    def __repr__(self) -> str:
        return f"Account({self.account_id}, {self.venue}, {self.label!r})"


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has of one asset."""

    asset: str
    free: Decimal
    locked: Decimal


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What an account asks for.

    Attributes:
        quantity: In base; None for a market order by quote quantity.
        quote_quantity: In quote; only for market orders.
        price: Limit price; None for market orders.
    """

    symbol: str
    side: Side
    type: OrderType
    quantity: Decimal | None
    price: Decimal | None = None
    quote_quantity: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GOOD_TILL_CANCELLED
    client_order_id: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An accepted order and how far it got."""

    order_id: int
    account_id: int
    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    status: OrderStatus
    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    filled: Decimal
    filled_quote: Decimal
    created_at_ms: int
    updated_at_ms: int

    @property
    def remaining(self) -> Decimal:
        """What may still fill, in base."""
        return self.quantity - self.filled


class Fill(NamedTuple):
    """An account's own trade."""

    account_id: int
    symbol: str
    trade_id: int
    order_id: int
    at_ms: int
    side: Side
    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    fee: Decimal
    fee_asset: str
    is_maker: bool


class Transfer(NamedTuple):
    """A deposit or withdrawal; `fee` is on top of the amount."""

    transfer_id: str
    account_id: int
    kind: TransferKind
    asset: str
    amount: Decimal
    fee: Decimal
    at_ms: int
    transaction: str
    address: str
