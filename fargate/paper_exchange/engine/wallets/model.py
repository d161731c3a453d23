"""What happens in and between an account's wallets; every record tells exactly what it moved."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from nightdesk.kernel.money import ZERO


class Wallet(StrEnum):
    """Where an account keeps assets; the last two hold what it owes in cross margin, as positive amounts."""

    SPOT = "spot"
    MARGIN = "margin"
    FUTURES = "futures"
    FUNDING = "funding"
    EARN = "earn"
    PRINCIPAL = "principal"
    INTEREST = "interest"


class LoanKind(StrEnum):
    """A loan taken or given back."""

    BORROW = "borrow"
    REPAY = "repay"


class EarnKind(StrEnum):
    """What moves an earning balance."""

    SUBSCRIPTION = "subscription"
    REDEMPTION = "redemption"
    REWARD = "reward"


class DividendKind(StrEnum):
    """Why an asset was handed out."""

    REWARD = "reward"
    STAKING = "staking"
    AIRDROP = "airdrop"
    INTEREST = "interest"


class IncomeKind(StrEnum):
    """What changed a futures wallet."""

    TRANSFER = "transfer"
    REALISED_PNL = "realised_pnl"
    COMMISSION = "commission"
    FUNDING = "funding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to an account.

    Attributes:
        number: Given when it is kept; unique among those of its kind.
        key: The asset or symbol it is looked up by.
    """

    account_id: int
    at_ms: int
    key: str
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion(Happening):
    """One asset given for another at a quoted rate, without a fee."""

    from_asset: str
    from_amount: Decimal
    to_asset: str
    to_amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DustSweep(Happening):
    """A small balance turned into the fee asset.

    Attributes:
        operation: Shared by the balances that were swept together.
        received: What came in, the charge taken off.
        charge: Of the fee asset.
    """

    operation: int
    amount: Decimal
    received: Decimal
    charge: Decimal
    to_asset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dividend(Happening):
    """An asset handed out by the venue."""

    kind: DividendKind
    amount: Decimal
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnEvent(Happening):
    """Into an earning balance, out of it, or what it earned."""

    kind: EarnKind
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletTransfer(Happening):
    """An asset moved from one wallet of the account to another."""

    source: Wallet
    target: Wallet
    asset: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan(Happening):
    """A loan, or what was given back of one: first its interest, then its principal."""

    kind: LoanKind
    principal: Decimal
    interest: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestAccrual(Happening):
    """An hour's interest on a loan.

    Attributes:
        on_borrow: The first hour of a new loan is charged at once.
    """

    principal: Decimal
    interest: Decimal
    rate: Decimal
    on_borrow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginFill(Happening):
    """A trade in the cross margin wallet; its number is the market's trade id."""

    order_id: int
    side: str
    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    fee: Decimal
    fee_asset: str
    is_maker: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FuturesFill(Happening):
    """A trade in a perpetual contract.

    Attributes:
        realised: What the closed part brought or cost.
        settle: The asset of `realised` and `commission`.
    """

    order_id: int
    side: str
    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    realised: Decimal
    commission: Decimal
    settle: str
    is_maker: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Income(Happening):
    """One change of a futures wallet.

    Attributes:
        trade_id: Of the fill behind it; 0 for none.
    """

    kind: IncomeKind
    asset: str
    amount: Decimal
    trade_id: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """A perpetual contract held.

    Attributes:
        quantity: In base; negative for short.
        entry_price: Average over what is open, to eight decimals.
    """

    symbol: str
    quantity: Decimal = ZERO
    entry_price: Decimal = ZERO
    leverage: int = 20
    updated_at_ms: int = 0
