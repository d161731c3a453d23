"""How fast a strategy is replayed over a year of minutes, beside backtesting.py on the same bars in the same run."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import talib
from backtesting import Backtest, Strategy  # type: ignore[import-untyped]

from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.bars import Bars, bar_index
from nightdesk.kernel.assets import AssetId
from nightdesk.rules.checking import Checker
from nightdesk.rules.model import RuleSet
from nightdesk.rules.replay_terms import StartAmount, Terms
from nightdesk.rules.replaying import Replayed, ReplayService, play
from nightdesk.rules.templates_made import TEMPLATES
from tests.builders.bars import START
from tests.builders.replays import ACCOUNT, BTC, TENANT, FakeBars, books
from tests.perf.rows import Row

Made = TypeVar("Made")
YEAR_BARS = 525_600
PERIOD, LOW, HIGH, TRAIL = 14, 20, 80, 0.05
CASH = 10_000
FEE, SLIPPAGE = 0.001, 0.0005


def bench_strategy() -> list[Row]:
    """RSI with a trailing stop of the position, over a year of minutes."""
    minutes = market()
    tries = [(timed(lambda: ours(minutes)), timed(lambda: theirs(minutes))) for _ in range(3)]
    (replayed, (ours_s, ours_cpu_s)), _ = min(tries, key=lambda each: each[0][1])
    (_, (theirs_s, _)) = min((theirs for _, theirs in tries), key=lambda each: each[1])
    speed = YEAR_BARS / ours_s
    return [
        Row(
            name=f"replay of RSI and a trailing stop, a year of minutes, {len(replayed.fills)} fills, best of 3",
            value=speed,
            unit="bars/s",
            bar=">= 1000000",
            peer=f"backtesting.py, {YEAR_BARS / theirs_s:,.0f} bars/s",
            ratio=theirs_s / ours_s,
        ),
        Row(name="  the same by processor time", value=YEAR_BARS / ours_cpu_s, unit="bars/s"),
        Row(name="  its result worked out, curve included", value=timed(lambda: worked_out(replayed))[1][0], unit="s"),
    ]


def market() -> Bars:
    """A random walk with the volatility of Bitcoin."""
    random = np.random.default_rng(3)
    close = np.round(50_000 * np.exp(np.cumsum(random.normal(0, 0.0006, YEAR_BARS))), 2)
    opened = np.concatenate([[50_000.0], close[:-1]])
    wick = 1 + random.random(YEAR_BARS) * 0.0003
    high, low = np.maximum(opened, close) * wick, np.minimum(opened, close) / wick
    columns = [opened, high, low, close, np.ones(YEAR_BARS)]
    return Bars(Resolution.MINUTE, bar_index(START, Resolution.MINUTE), np.ascontiguousarray(columns))


def ours(minutes: Bars) -> Replayed:
    """Read, replayed, and everything fired and filled known."""
    service = ReplayService(FakeBars({BTC: minutes}), lambda _: books())
    terms = Terms(
        since=START,
        until=START + timedelta(minutes=YEAR_BARS),
        resolution=Resolution.MINUTE,
        balances=[StartAmount(AssetId("USDT"), Decimal(CASH))],
    )
    rule_sets = strategy()
    return play(service.stage(TENANT, rule_sets, terms), rule_sets)


def strategy() -> list[RuleSet]:
    """Buy when the RSI is low, sell when it is high or the position fell below its best."""
    given = {
        "account": str(ACCOUNT),
        "instrument": str(BTC),
        "resolution": "1m",
        "period": str(PERIOD),
        "buy_below": str(LOW),
        "sell_above": str(HIGH),
        "trail_ratio": str(TRAIL),
    }
    checker = Checker(TENANT, {ACCOUNT}, {})
    return [checker.checked(each) for each in TEMPLATES["rsi"].rule_sets(TENANT, given)]


def theirs(minutes: Bars) -> object:
    """The same strategy by backtesting.py, its indicator by the same library, without its plots and optimizer."""

    class Rsi(Strategy):  # type: ignore[misc]  # it has no types
        def init(self) -> None:
            self.rsi = self.I(talib.RSI, self.data.Close, PERIOD)
            self.best = 0.0

        def next(self) -> None:
            price = self.data.Close[-1]
            if not self.position:
                if self.rsi[-1] < LOW:
                    self.buy(size=0.95)
                    self.best = price
                return
            self.best = max(self.best, price)
            if self.rsi[-1] > HIGH or price <= self.best * (1 - TRAIL):
                self.position.close()

    index = pd.date_range(START, periods=YEAR_BARS, freq="min")
    frame = pd.DataFrame(minutes.columns.T, index=index, columns=["Open", "High", "Low", "Close", "Volume"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Whole units only, so in units of a hundred millionth.
        frame[["Open", "High", "Low", "Close"]] /= 1e6
        return Backtest(frame, Rsi, cash=CASH, commission=FEE, spread=SLIPPAGE, finalize_trades=True).run()


def worked_out(replayed: Replayed) -> None:
    """Everything that is answered of it."""
    result = replayed.result
    result.figures()
    result.hold()
    result.curve()
    result.buy_and_hold(BTC)


def timed(make: Callable[[], Made]) -> tuple[Made, tuple[float, float]]:
    """What was made, and how many seconds that took: on the wall, and of a processor."""
    started, used = time.perf_counter(), time.process_time()
    made = make()
    return made, (time.perf_counter() - started, time.process_time() - used)
