"""What the engine speaks of: instruments, accounts, orders, fills, transfers, trades of the tape."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from nightdesk.kernel.money import ZERO


class Side(StrEnum):
    """Which way an order or a fill goes, seen from the account."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """How an order meets the book; stops wait for their stop price and then are a market or a limit order."""

    LIMIT = "limit"
    LIMIT_MAKER = "limit_maker"
    MARKET = "market"
    STOP_LOSS = "stop_loss"
    STOP_LOSS_LIMIT = "stop_loss_limit"
    TAKE_PROFIT = "take_profit"
    TAKE_PROFIT_LIMIT = "take_profit_limit"

    @property
    def is_market(self) -> bool:
        """Whether it names no limit price."""
        return self in {OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT}

    @property
    def is_stop(self) -> bool:
        """Whether it waits for a stop price."""
        return self not in {OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.MARKET}


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


class FeeTerms(StrEnum):
    """What a venue takes its fees in."""

    DISCOUNT = "discount"
    """In what is received; accounts with a made-up past pay in the discounted fee asset while they have some."""
    RECEIVED = "received"
    """In what is received."""
    QUOTE = "quote"
    """In the quote, for both sides, on top of what a buy costs."""


QUOTE_FEES = "quote"
"""Stands in place of a fee asset where fees are paid in the quote."""


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
        fee_asset: Fees are paid in it while there is enough; empty for fees in what is received; `quote` for fees in
            the quote.
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
        stop_price: The last price that starts it; only for stops.
    """

    symbol: str
    side: Side
    type: OrderType
    quantity: Decimal | None
    price: Decimal | None = None
    quote_quantity: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GOOD_TILL_CANCELLED
    client_order_id: str = ""
    stop_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An accepted order and how far it got.

    Attributes:
        working_at_ms: Since when it meets the book; 0 while it waits for its stop price.
    """

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
    stop_price: Decimal = ZERO
    working_at_ms: int = 0

    @property
    def remaining(self) -> Decimal:
        """What may still fill, in base."""
        return self.quantity - self.filled

    @property
    def is_waiting(self) -> bool:
        """Whether its stop price was not reached yet."""
        return self.type.is_stop and not self.working_at_ms

    @property
    def set_aside_at(self) -> Decimal:
        """The price at which the rest of it is set aside; zero for nothing: of what takes, each match is."""
        return self.price or (self.stop_price if self.is_waiting else ZERO)


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
