"""A made-up past: so many trades over several symbols, funded by deposits, the same for the same seed.

Deposits come at the beginning and once a month, a few withdrawals in between; orders have one to four fills, some of
them equal to the last digit; fees are paid in BNB while there is some, else in what was received.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from random import Random

from fargate.paper_exchange.engine.funding import Movement, make_transfer
from fargate.paper_exchange.engine.history.made import History
from fargate.paper_exchange.engine.market.port import DAY_MS, HOUR_MS, MINUTE_MS
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import QUOTE_FEES, Candle, Fill, Instrument, Side, TransferKind
from nightdesk.kernel.money import multiply

DEFAULT_SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT", "ETH/BTC", "XRP/ETH")
FEE_ASSET = "BNB"
_FEE_RATIO = Decimal("0.001")
_FEE_ASSET_RATIO = Decimal("0.00075")
_QUANTUM = Decimal("0.00000001")
_FIRST_ORDER_ID = 1_000_000
_MONTH_MS = 30 * DAY_MS
_WITHDRAWS_RATIO = 0.5
_EQUAL_RATIO = 0.3
_BUYS_RATIO = 0.5
_MAKER_RATIO = 0.4


@dataclass(frozen=True, slots=True)
class SeededPlan:
    """What to make: so many trades of these symbols between two market times."""

    seed: int
    trades: int
    symbols: Sequence[str]
    from_ms: int
    until_ms: int
    fee_asset: str = FEE_ASSET


class SeededHistory:
    """Makes one account's history."""

    def __init__(self, account_id: int, plan: SeededPlan, markets: Markets) -> None:
        self._account_id, self._plan, self._markets = account_id, plan, markets
        self._random = Random(f"history:{plan.seed}")  # noqa: S311 - made-up history, no secret
        self._history = History()
        self._days: dict[str, tuple[int, Sequence[Candle]]] = {}
        self._trade_ids: dict[str, int] = {}
        self._transfers = 0

    def make(self) -> History:
        """The whole history, in order of time."""
        plan, random = self._plan, self._random
        self._deposit_first(plan.from_ms)
        times = sorted(random.randrange(plan.from_ms + HOUR_MS, plan.until_ms) for _ in range(max(plan.trades // 2, 1)))
        next_deposit_ms = plan.from_ms + _MONTH_MS
        for number, at_ms in enumerate(times):
            if at_ms >= next_deposit_ms:
                self._monthly(next_deposit_ms)
                next_deposit_ms += _MONTH_MS
            self._trade(number, at_ms)
            if len(self._history.fills) >= plan.trades:
                break
        self._finish()
        return self._history

    def _deposit_first(self, at_ms: int) -> None:
        quotes = {self._instrument(symbol).quote for symbol in self._plan.symbols}
        if self._plan.fee_asset == FEE_ASSET:
            self._move(TransferKind.DEPOSIT, FEE_ASSET, Decimal(3), at_ms)
        for offset, quote in enumerate(sorted(quotes), start=1):
            worth = self._markets.convert(Decimal(40_000), "USDT", quote) or Decimal(10)
            self._move(
                TransferKind.DEPOSIT, quote, worth.quantize(Decimal("0.001"), ROUND_DOWN), at_ms + offset * MINUTE_MS
            )

    def _monthly(self, at_ms: int) -> None:
        quote = self._instrument(self._plan.symbols[0]).quote
        self._move(TransferKind.DEPOSIT, quote, (self._history.has(quote) / 4 + 1).quantize(_QUANTUM), at_ms)
        if self._random.random() < _WITHDRAWS_RATIO:
            amount = (self._history.has(quote) / 10).quantize(Decimal("0.0001"), ROUND_DOWN)
            self._move(TransferKind.WITHDRAWAL, quote, amount, at_ms + 1, fee=Decimal("0.001") * amount)

    def _move(self, kind: TransferKind, asset: str, amount: Decimal, at_ms: int, fee: Decimal = Decimal(0)) -> None:
        self._transfers += 1
        movement = Movement(kind, asset, amount, fee)
        self._history.record_transfer(make_transfer(self._account_id, movement, number=self._transfers, at_ms=at_ms))

    def _trade(self, number: int, at_ms: int) -> None:
        random = self._random
        symbol = random.choice(self._plan.symbols)
        instrument = self._instrument(symbol)
        price = self._price(instrument, at_ms)
        parts = min(random.choice((1, 2, 2, 3, 4)), self._plan.trades - len(self._history.fills))
        side, quantity = self._choose(instrument, price, parts)
        if quantity <= 0:
            return
        equal = random.random() < _EQUAL_RATIO
        fills = []
        for part in range(parts):
            shade = instrument.tick * (0 if equal else part)
            deal = (side, max(price - shade, instrument.tick), quantity)
            fills.append(self._fill(instrument, deal, _FIRST_ORDER_ID + number, at_ms + (0 if equal else part)))
        self._history.record_order(fills)

    def _choose(self, instrument: Instrument, price: Decimal, parts: int) -> tuple[Side, Decimal]:
        """A side that the account can afford and the lots of each part; zero lots if it can afford neither."""
        part_ratio = Decimal(self._random.randrange(1, 20)) / 1000 / parts
        wants_buy = self._random.random() < _BUYS_RATIO
        for side in (Side.BUY, Side.SELL) if wants_buy else (Side.SELL, Side.BUY):
            buys = side is Side.BUY
            spendable = self._history.has(instrument.quote) / price if buys else self._history.has(instrument.base)
            wanted = max(spendable * part_ratio, instrument.notional_min / price * Decimal("1.1"))
            quantity = (wanted // instrument.lot) * instrument.lot
            if 0 < quantity * parts <= spendable * Decimal("0.9"):
                return side, quantity
        return Side.BUY, Decimal(0)

    def _fill(self, instrument: Instrument, deal: tuple[Side, Decimal, Decimal], order_id: int, at_ms: int) -> Fill:
        side, price, quantity = deal
        symbol = instrument.symbol
        notional = multiply(price, quantity)
        in_base = side is Side.BUY and self._plan.fee_asset != QUOTE_FEES
        charged, amount = (instrument.base, quantity) if in_base else (instrument.quote, notional)
        fee, fee_asset = self._fee(charged, amount, at_ms)
        trade_id = max(self._trade_ids.get(symbol, 0) + 1, self._tape_id(instrument, at_ms))
        self._trade_ids[symbol] = trade_id
        maker = self._random.random() < _MAKER_RATIO
        return Fill(
            self._account_id, symbol, trade_id, order_id, at_ms, side, price, quantity, notional, fee, fee_asset, maker
        )

    def _fee(self, received: str, amount: Decimal, at_ms: int) -> tuple[Decimal, str]:
        worth = self._worth(amount, received, at_ms)
        fee = (worth * _FEE_ASSET_RATIO).quantize(_QUANTUM, ROUND_DOWN) if worth else None
        if fee is not None and self._history.has(FEE_ASSET) > fee * 5:
            return fee, FEE_ASSET
        return (amount * _FEE_RATIO).quantize(_QUANTUM, ROUND_DOWN), received

    def _worth(self, amount: Decimal, asset: str, at_ms: int) -> Decimal | None:
        if asset == FEE_ASSET or self._plan.fee_asset != FEE_ASSET:
            return None
        pivot = Decimal(1) if asset == "USDT" else self._hour(f"{asset}/USDT", at_ms).close
        return amount * pivot / self._hour(f"{FEE_ASSET}/USDT", at_ms).close

    def _price(self, instrument: Instrument, at_ms: int) -> Decimal:
        """A price inside the hour's range, somewhere on the way from its open to its close."""
        hour = self._hour(instrument.symbol, at_ms)
        way = (hour.close - hour.open) * (at_ms % HOUR_MS) // HOUR_MS
        return max(hour.open + way // instrument.tick * instrument.tick, instrument.tick * 10)

    def _tape_id(self, instrument: Instrument, at_ms: int) -> int:
        hour = self._hour(instrument.symbol, at_ms)
        return hour.first_trade_id + (hour.trades * (at_ms % HOUR_MS)) // HOUR_MS

    def _hour(self, symbol: str, at_ms: int) -> Candle:
        day_ms = at_ms // DAY_MS * DAY_MS
        known = self._days.get(symbol)
        if known is None or known[0] != day_ms:
            known = (day_ms, self._markets.view(symbol).source.candles(HOUR_MS, day_ms, day_ms + DAY_MS))
            self._days[symbol] = known
        return known[1][(at_ms - day_ms) // HOUR_MS]

    def _instrument(self, symbol: str) -> Instrument:
        return self._markets.view(symbol).instrument

    def _finish(self) -> None:
        """Make up the count with the smallest affordable orders where some could not be afforded."""
        missing, number = self._plan.trades - len(self._history.fills), self._plan.trades
        attempts = missing * 20
        while missing > 0 and attempts > 0:
            self._trade(number, self._plan.until_ms)
            missing, number, attempts = self._plan.trades - len(self._history.fills), number + 1, attempts - 1
