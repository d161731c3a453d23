"""Cross margin: loans, their interest by the hour, trades with what was lent."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Final

from fargate.paper_exchange.engine.clock import MarketClock
from fargate.paper_exchange.engine.errors import OrderRejected
from fargate.paper_exchange.engine.market.port import HOUR_MS
from fargate.paper_exchange.engine.market.universe import PIVOT
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import Side
from fargate.paper_exchange.engine.settlement import FEE_RATIO
from fargate.paper_exchange.engine.store import Store
from fargate.paper_exchange.engine.wallets.desk import QUANTUM
from fargate.paper_exchange.engine.wallets.model import InterestAccrual, Loan, LoanKind, MarginFill, Wallet
from fargate.paper_exchange.engine.wallets.store import WalletStore
from nightdesk.kernel.money import ZERO, add, multiply, subtract

HOURLY_RATE: Final = Decimal("0.00001")
LEVERAGE_MAX: Final = 3
_ACCRUED: Final = "margin:accrued"


class MarginDesk:
    """Lends and collects."""

    def __init__(self, store: Store, kept: WalletStore, markets: Markets, clock: MarketClock) -> None:
        self._database, self._settings = store.database, store.settings
        self._kept, self._markets, self._clock = kept, markets, clock

    def borrow(self, account_id: int, asset: str, amount: Decimal) -> Loan:
        """Lend; the first hour's interest is owed at once.

        Raises:
            OrderRejected: The account's own part would be too small.
        """
        if amount > self._may_borrow(account_id, asset):
            raise OrderRejected("The account can't borrow so much.")
        with self._database.transaction():
            self._kept.move(account_id, Wallet.MARGIN, asset, amount)
            self._kept.move(account_id, Wallet.PRINCIPAL, asset, amount)
            loan = self._kept.keep(Loan(
                account_id=account_id, at_ms=self._clock.now_ms(), key=asset, kind=LoanKind.BORROW, principal=amount,
                interest=ZERO,
            ))  # fmt: skip
            self._charge(account_id, asset, (amount, loan.at_ms), on_borrow=True)
        return loan

    def repay(self, account_id: int, asset: str, amount: Decimal) -> Loan:
        """Pay back: interest first, then principal.

        Raises:
            InsufficientBalance: The wallet has less.
            OrderRejected: So much is not owed.
        """
        interest = min(amount, self._kept.balance(account_id, Wallet.INTEREST, asset))
        principal = subtract(amount, interest)
        if principal > self._kept.balance(account_id, Wallet.PRINCIPAL, asset):
            raise OrderRejected("The account owes less.")
        with self._database.transaction():
            self._kept.move(account_id, Wallet.MARGIN, asset, -amount)
            self._kept.move(account_id, Wallet.INTEREST, asset, -interest)
            self._kept.move(account_id, Wallet.PRINCIPAL, asset, -principal)
            return self._kept.keep(Loan(
                account_id=account_id, at_ms=self._clock.now_ms(), key=asset, kind=LoanKind.REPAY,
                principal=principal, interest=interest,
            ))  # fmt: skip

    def trade(self, account_id: int, symbol: str, side: Side, quantity: Decimal) -> MarginFill:
        """Trade at the last price, as the taker; the fee is taken of what is received.

        Raises:
            InsufficientBalance: The wallet has less.
        """
        last = self._markets.last(symbol)
        base, _, quote = symbol.partition("/")
        cost = multiply(quantity, last.price)
        given, received = ((quote, cost), (base, quantity)) if side is Side.BUY else ((base, quantity), (quote, cost))
        fee = multiply(received[1], FEE_RATIO).quantize(QUANTUM, ROUND_DOWN)
        with self._database.transaction():
            self._kept.move(account_id, Wallet.MARGIN, given[0], -given[1])
            self._kept.move(account_id, Wallet.MARGIN, received[0], subtract(received[1], fee))
            return self._kept.keep(MarginFill(
                account_id=account_id, at_ms=self._clock.now_ms(), key=symbol,
                number=self._settings.next_number(f"trade:{symbol}", at_least=last.trade_id + 1),
                order_id=self._settings.next_number("margin-order", at_least=1), side=side.value, price=last.price,
                quantity=quantity, quote_quantity=cost, fee=fee, fee_asset=received[0], is_maker=False,
            ))  # fmt: skip

    def advance(self) -> None:
        """Charge every whole hour that has passed since the last time."""
        now_hour = self._clock.now_ms() // HOUR_MS
        said = self._settings.read(_ACCRUED)
        hour = int(said) if said else now_hour
        if said and hour >= now_hour:
            return
        with self._database.transaction():
            for due in range(hour + 1, now_hour + 1):
                self._accrue(due * HOUR_MS)
            self._settings.write(_ACCRUED, str(now_hour))

    def level(self, account_id: int) -> Decimal | None:
        """What is in the wallet over what is owed; None where nothing is."""
        owed = self._worth(account_id, Wallet.PRINCIPAL, Wallet.INTEREST)
        return self._worth(account_id, Wallet.MARGIN) / owed if owed else None

    def _accrue(self, at_ms: int) -> None:
        for account_id in self._kept.owners(Wallet.PRINCIPAL):
            for owed in self._kept.balances(account_id, Wallet.PRINCIPAL):
                if owed.free:
                    self._charge(account_id, owed.asset, (owed.free, at_ms), on_borrow=False)

    def _charge(self, account_id: int, asset: str, owed: tuple[Decimal, int], *, on_borrow: bool) -> None:
        principal, at_ms = owed
        interest = multiply(principal, HOURLY_RATE).quantize(QUANTUM, ROUND_UP)
        self._kept.move(account_id, Wallet.INTEREST, asset, interest)
        self._kept.keep(InterestAccrual(
            account_id=account_id, at_ms=at_ms, key=asset, principal=principal, interest=interest, rate=HOURLY_RATE,
            on_borrow=on_borrow,
        ))  # fmt: skip

    def _may_borrow(self, account_id: int, asset: str) -> Decimal:
        held, owed = self._worth(account_id, Wallet.MARGIN), self._worth(account_id, Wallet.PRINCIPAL, Wallet.INTEREST)
        own = subtract(held, owed)
        left = subtract(multiply(own, Decimal(LEVERAGE_MAX - 1)), owed)
        return self._markets.convert(left, PIVOT, asset) or ZERO

    def _worth(self, account_id: int, *wallets: Wallet) -> Decimal:
        total = ZERO
        for wallet in wallets:
            for row in self._kept.balances(account_id, wallet):
                total = add(total, self._markets.convert(row.free, row.asset, PIVOT) or ZERO)
        return total
