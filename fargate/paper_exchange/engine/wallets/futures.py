"""USD-M perpetual contracts, one way and crossed: fills, realised PnL, funding every eight hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from hashlib import sha256
from typing import Final

from fargate.paper_exchange.engine.clock import MarketClock
from fargate.paper_exchange.engine.errors import InsufficientBalance, OrderRejected
from fargate.paper_exchange.engine.market.port import HOUR_MS
from fargate.paper_exchange.engine.market.universe import PIVOT
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import Side
from fargate.paper_exchange.engine.store import Store
from fargate.paper_exchange.engine.wallets.desk import QUANTUM
from fargate.paper_exchange.engine.wallets.model import FuturesFill, Income, IncomeKind, Position, Wallet
from fargate.paper_exchange.engine.wallets.store import WalletStore
from nightdesk.kernel.money import ZERO, add, divide, multiply, subtract

COMMISSION_RATIO: Final = Decimal("0.0005")
MAINTENANCE_RATIO: Final = Decimal("0.005")
FUNDING_EVERY_MS: Final = 8 * HOUR_MS
LEVERAGE_MAX: Final = 125
_FUNDED: Final = "futures:funded"
_RATE_STEP: Final = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class PositionView:
    """A position at the mark price.

    Attributes:
        liquidation_price: Where its wallet would no longer bear it; zero where it always does.
    """

    position: Position
    mark_price: Decimal
    unrealised: Decimal
    liquidation_price: Decimal

    @property
    def notional(self) -> Decimal:
        """Its worth at the mark price; negative for short."""
        return multiply(self.position.quantity, self.mark_price)

    @property
    def initial_margin(self) -> Decimal:
        """What of the wallet it ties up."""
        return divide(self.notional.copy_abs(), Decimal(self.position.leverage))


class FuturesDesk:
    """Trades contracts against the venue at the last price of their spot market."""

    def __init__(self, store: Store, kept: WalletStore, markets: Markets, clock: MarketClock) -> None:
        self._database, self._settings = store.database, store.settings
        self._kept, self._markets, self._clock = kept, markets, clock

    @property
    def symbols(self) -> list[str]:
        """Every contract, by the name of its spot market."""
        return [symbol for symbol in self._markets.symbols if symbol.endswith(f"/{PIVOT}")]

    def mark(self, symbol: str) -> Decimal:
        """The mark price now."""
        return self._markets.last(symbol).price

    def set_leverage(self, account_id: int, symbol: str, leverage: int) -> Position:
        """Tie up one part in so many of what a position is worth.

        Raises:
            OrderRejected: There is no such leverage or contract.
        """
        if not 1 <= leverage <= LEVERAGE_MAX or symbol not in self.symbols:
            raise OrderRejected(f"A leverage is 1 to {LEVERAGE_MAX}, of a listed contract.")
        changed = replace(self._kept.position(account_id, symbol), leverage=leverage)
        self._kept.put_position(account_id, changed)
        return changed

    def trade(self, account_id: int, symbol: str, side: Side, quantity: Decimal) -> FuturesFill:
        """Trade at the mark price, as the taker.

        Raises:
            InsufficientBalance: The wallet does not bear the position.
            OrderRejected: There is no such contract.
        """
        if symbol not in self.symbols:
            raise OrderRejected(f"There is no contract on {symbol}.")
        price, at_ms = self.mark(symbol), self._clock.now_ms()
        before = self._kept.position(account_id, symbol)
        after, realised = moved(before, quantity if side is Side.BUY else -quantity, price)
        cost = multiply(price, quantity)
        fill = FuturesFill(
            account_id=account_id, at_ms=at_ms, key=symbol, number=self._next_trade_id(symbol),
            order_id=self._settings.next_number("futures-order", at_least=1), side=side.value, price=price,
            quantity=quantity, quote_quantity=cost, realised=realised,
            commission=multiply(cost, COMMISSION_RATIO).quantize(QUANTUM, ROUND_DOWN), settle=PIVOT, is_maker=False,
        )  # fmt: skip
        with self._database.transaction():
            self._kept.put_position(account_id, replace(after, updated_at_ms=at_ms))
            self._kept.keep(fill)
            self._book(fill, IncomeKind.REALISED_PNL, realised)
            self._book(fill, IncomeKind.COMMISSION, -fill.commission)
            self._require_borne(account_id)
        return fill

    def views(self, account_id: int) -> list[PositionView]:
        """Every position that is open, at the mark price."""
        return [self._view(account_id, row) for _, row in self._kept.positions(account_id) if row.quantity]

    def unrealised(self, account_id: int) -> Decimal:
        """What all open positions would bring or cost now."""
        rows = [row for _, row in self._kept.positions(account_id) if row.quantity]
        return sum_of(unrealised(row, self.mark(row.symbol)) for row in rows)

    def funding_rate(self, symbol: str, at_ms: int) -> Decimal:
        """The rate of a symbol at a time; the same whenever it is asked."""
        digest = sha256(f"funding:{symbol}:{at_ms // FUNDING_EVERY_MS}".encode()).digest()
        return (int.from_bytes(digest[:4]) % 30_001 - 10_000) * _RATE_STEP

    def advance(self) -> None:
        """Exchange every funding that was due since the last time."""
        now_turn = self._clock.now_ms() // FUNDING_EVERY_MS
        said = self._settings.read(_FUNDED)
        turn = int(said) if said else now_turn
        if said and turn >= now_turn:
            return
        with self._database.transaction():
            for due in range(turn + 1, now_turn + 1):
                self._fund(due * FUNDING_EVERY_MS)
            self._settings.write(_FUNDED, str(now_turn))

    def _fund(self, at_ms: int) -> None:
        for account_id, position in self._kept.positions():
            if not position.quantity:
                continue
            notional = multiply(position.quantity, self._mark_at(position.symbol, at_ms))
            paid = multiply(notional, self.funding_rate(position.symbol, at_ms)).quantize(QUANTUM, ROUND_HALF_EVEN)
            if paid:
                self._kept.move(account_id, Wallet.FUTURES, PIVOT, -paid)
                self._kept.keep(Income(
                    account_id=account_id, at_ms=at_ms, key=position.symbol, kind=IncomeKind.FUNDING, asset=PIVOT,
                    amount=-paid,
                ))  # fmt: skip

    def _mark_at(self, symbol: str, at_ms: int) -> Decimal:
        """The mark price at the whole hour that is asked; the present one where the tape knows none."""
        bars = self._markets.view(symbol).source.candles(HOUR_MS, at_ms, at_ms + HOUR_MS)
        return bars[0].open if bars else self.mark(symbol)

    def _book(self, fill: FuturesFill, kind: IncomeKind, amount: Decimal) -> None:
        if amount:
            self._kept.move(fill.account_id, Wallet.FUTURES, fill.settle, amount)
            self._kept.keep(Income(
                account_id=fill.account_id, at_ms=fill.at_ms, key=fill.key, kind=kind, asset=fill.settle,
                amount=amount, trade_id=fill.number,
            ))  # fmt: skip

    def _require_borne(self, account_id: int) -> None:
        views = self.views(account_id)
        needed = sum_of(view.initial_margin for view in views)
        worth = add(self._kept.balance(account_id, Wallet.FUTURES, PIVOT), self.unrealised(account_id))
        if needed > worth or worth < 0:
            raise InsufficientBalance("Margin is insufficient.")

    def _view(self, account_id: int, position: Position) -> PositionView:
        price = self.mark(position.symbol)
        mine = unrealised(position, price)
        others = subtract(self.unrealised(account_id), mine)
        wallet = add(self._kept.balance(account_id, Wallet.FUTURES, PIVOT), others)
        return PositionView(position, price, mine, liquidation_price(position, wallet))

    def _next_trade_id(self, symbol: str) -> int:
        return self._settings.next_number(f"futures-trade:{symbol}", at_least=1)


def moved(position: Position, delta: Decimal, price: Decimal) -> tuple[Position, Decimal]:
    """The position after a fill of so much, and what its closed part realised.

    What is added is averaged into the entry price; what is closed leaves it; past zero a new position begins.
    """
    held = position.quantity
    after = add(held, delta)
    if held * delta >= 0:
        cost = add(multiply(held, position.entry_price), multiply(delta, price))
        entry = divide(cost, after).quantize(QUANTUM, ROUND_HALF_EVEN)
        return replace(position, quantity=after, entry_price=entry), ZERO
    closed = min(held.copy_abs(), delta.copy_abs())
    gain = multiply(subtract(price, position.entry_price), closed if held > 0 else -closed)
    entry = price if after * delta > 0 else (position.entry_price if after else ZERO)
    return replace(position, quantity=after, entry_price=entry), gain.quantize(QUANTUM, ROUND_HALF_EVEN)


def unrealised(position: Position, price: Decimal) -> Decimal:
    """What closing it at this price would bring, to eight decimals."""
    gain = multiply(subtract(price, position.entry_price), position.quantity)
    return gain.quantize(QUANTUM, ROUND_HALF_EVEN)


def liquidation_price(position: Position, wallet: Decimal) -> Decimal:
    """The mark price at which the wallet is worth no more than the maintenance margin; zero where there is none.

    With w in the wallet, a quantity q at entry e and a maintenance ratio m: w + q (p - e) = m |q| p.
    """
    quantity = position.quantity
    slope = subtract(multiply(MAINTENANCE_RATIO, quantity.copy_abs()), quantity)
    price = divide(subtract(wallet, multiply(quantity, position.entry_price)), slope)
    return max(price, ZERO).quantize(QUANTUM, ROUND_HALF_EVEN)


def sum_of(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    total = ZERO
    for amount in amounts:
        total = add(total, amount)
    return total
