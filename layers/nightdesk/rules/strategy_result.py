"""What came of a replay: exact figures, and a curve for showing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

import numpy as np

from nightdesk.execution.scope import WHOLE_PORTFOLIO, Scope
from nightdesk.indicators.bars import Floats
from nightdesk.indicators.model import Field
from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.money import ZERO, add, divide, multiply, subtract
from nightdesk.lots.average_cost import Position
from nightdesk.markets.orders import Side
from nightdesk.portfolio.figures import Valuer
from nightdesk.rules.replay_account import Fill, Holdings, Key, SimulatedAccount
from nightdesk.rules.replay_figures import Figures
from nightdesk.rules.replay_patience import ENDLESS, Patience
from nightdesk.rules.replay_tape import Tape

POINTS_MAX: Final = 2000
_NOTHING: Final = Position(ZERO, ZERO, {}, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Values at the ends of some bars, for showing; `hold` is what the beginning balances alone were worth."""

    places: Sequence[int]
    values: Sequence[float]
    hold: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAsset:
    """So much of an asset, and its worth in the base asset; None without a price."""

    key: Key
    quantity: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFigures:
    """What holding came to.

    Attributes:
        return_ratio: None when it began with nothing.
    """

    end_value: Decimal
    return_ratio: Decimal | None
    max_drawdown_ratio: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFigures:
    """What came of it, in the base asset.

    Attributes:
        trades: How many fills.
        sales: Those that realised a known gain or loss.
        win_ratio: The part of these that gained.
        exposure_ratio: The mean part of the value that was in assets that are traded; rounded, for showing.
    """

    start_value: Decimal
    end_value: Decimal
    return_ratio: Decimal | None
    max_drawdown_ratio: Decimal
    trades: int
    sales: int
    win_ratio: Decimal | None
    realised: Decimal
    fees_paid: Decimal
    exposure_ratio: Decimal
    firings: int


class Result:
    """Works out what a finished replay came to.

    Raises:
        TooLarge: `replay.too_large`, of everything that it is asked: it takes too long.
    """

    def __init__(self, tape: Tape, account: SimulatedAccount, firings: int, patience: Patience = ENDLESS) -> None:
        self._tape = tape
        self._patience = patience
        self._account = account
        self._firings = firings
        self._last = len(tape) - 1
        self._gains: list[Decimal | None] | None = None

    @cached_property
    def _values(self) -> Floats:
        """The portfolio's value at the end of every bar."""
        return _joined(self._worth(run, WHOLE_PORTFOLIO) for run in self._runs())

    def figures(self) -> ReplayFigures:
        """All figures."""
        start, end = self._value_at(0), self._value_at(self._last)
        known = [gain for gain in self.gains() if gain is not None]
        wins = sum(gain > 0 for gain in known)
        return ReplayFigures(
            start_value=start,
            end_value=end,
            return_ratio=_gained(start, end),
            max_drawdown_ratio=_drawdown(self._values, self._value_at),
            trades=len(self._account.fills),
            sales=len(known),
            win_ratio=divide(Decimal(wins), Decimal(len(known))) if known else None,
            realised=_summed(known),
            fees_paid=_summed(map(self._fee, self._account.fills)),
            exposure_ratio=self._exposure(),
            firings=self._firings,
        )

    def hold(self) -> HoldFigures:
        """What the beginning balances alone came to."""

        def value_at(place: int) -> Decimal:
            return self._worth_of(self._account.at(0), place)

        return _hold_figures(self._held(), value_at, value_at(0))

    def buy_and_hold(self, market: Instrument) -> HoldFigures | None:
        """What everything put into the market's base asset at the first bar came to; None where it has no price."""
        if self._rate(market.base, 0) is None or self._rate(market.base, self._last) is None:
            return None
        begun = self._value_at(0)
        first = self._rate(market.base, 0) or ZERO

        def value_at(place: int) -> Decimal:
            return divide(multiply(begun, self._rate(market.base, place) or ZERO), first)

        rates = self._tape.rate(market.base, self._account.base_asset)
        return _hold_figures(np.nan_to_num(rates), value_at, begun)

    def curve(self) -> Curve:
        """The values at up to 2,000 bars, the first and the last among them."""
        count = min(len(self._tape), POINTS_MAX)
        places = np.unique(np.linspace(0, self._last, count).round().astype(np.int64))
        return Curve(places=places.tolist(), values=self._values[places].tolist(), hold=self._held()[places].tolist())

    def start(self) -> list[HeldAsset]:
        """What there was at the beginning."""
        return self._assets(0)

    def end(self) -> list[HeldAsset]:
        """What there was at the end."""
        return self._assets(self._last)

    def gains(self) -> list[Decimal | None]:
        """What each fill realised, in the base asset at the rates of its bar; None where no cost was known."""
        if self._gains is None:
            self._gains = self._told_gains()
        return self._gains

    def _told_gains(self) -> list[Decimal | None]:
        account = self._account
        begun = {key: each.quantity for key, each in account.at(0).positions.items()}
        again = SimulatedAccount(account.portfolio_id, account.base_asset, begun, self._tape.instant(0))
        gains: list[Decimal | None] = []
        for number, fill in enumerate(account.fills, 1):
            before = again.now.positions.get((fill.account_id, fill.instrument.base), _NOTHING)
            again.take(fill, number)
            after = again.now.positions[fill.account_id, fill.instrument.base]
            is_known = fill.side is Side.SELL and before.proven > 0
            gains.append(self._realised(before, after, self._place_of(fill)) if is_known else None)
        return gains

    def _realised(self, before: Position, after: Position, place: int) -> Decimal | None:
        assets = after.realised.keys() | before.realised.keys()
        gone = {each: subtract(after.realised.get(each, ZERO), before.realised.get(each, ZERO)) for each in assets}
        return self._valuer(place).worth(gone)

    def _fee(self, fill: Fill) -> Decimal:
        rate = self._rate(fill.fee_asset, self._place_of(fill))
        return ZERO if rate is None else multiply(fill.fee, rate)

    def _place_of(self, fill: Fill) -> int:
        """The bar in which it was filled: at its open, which is the end of the one before."""
        return self._tape.place_at(fill.at) + 1

    def _exposure(self) -> Decimal:
        base = self._account.base_asset
        traded = sorted({each.base for each in self._tape.instruments} - {base})
        exposed = _joined(self._exposed(run, traded) for run in self._runs())
        with np.errstate(all="ignore"):
            ratios = exposed / self._values
        return Decimal(f"{float(np.mean(np.where(np.isfinite(ratios), ratios, 0.0))):.6f}")

    def _exposed(self, run: tuple[int, int], assets: Sequence[AssetId]) -> Floats:
        parts = (self._worth(run, Scope(asset=asset)) for asset in assets)
        return sum(parts, np.zeros(run[1] - run[0]))

    def _runs(self) -> list[tuple[int, int]]:
        """First and end of each run of bars between two changes of what is held."""
        runs, end = [], len(self._tape)
        while end > 0:
            since = self._account.at(end - 1).since
            runs.append((since, end))
            end = since
        return runs[::-1]

    def _worth(self, run: tuple[int, int], scope: Scope) -> Floats:
        self._patience.check(run[1], len(self._tape))
        return Figures(self._tape, self._account, *run).worth(scope).column.values

    def _held(self) -> Floats:
        return self._worth((0, len(self._tape)), WHOLE_PORTFOLIO)

    def _value_at(self, place: int) -> Decimal:
        return self._worth_of(self._account.at(place), place)

    def _worth_of(self, holdings: Holdings, place: int) -> Decimal:
        rates = ((each.quantity, self._rate(key[1], place)) for key, each in holdings.positions.items())
        return _summed(multiply(quantity, rate) for quantity, rate in rates if rate is not None)

    def _assets(self, place: int) -> list[HeldAsset]:
        rows = ((key, each.quantity) for key, each in self._account.at(place).positions.items() if each.quantity)
        rates = [(key, quantity, self._rate(key[1], place)) for key, quantity in rows]
        return [
            HeldAsset(key=key, quantity=quantity, value=None if rate is None else multiply(quantity, rate))
            for key, quantity, rate in rates
        ]

    def _rate(self, asset: AssetId, place: int) -> Decimal | None:
        rate = self._valuer(place).rate(asset)
        return None if rate is None else rate.value

    def _valuer(self, place: int) -> Valuer:
        self._patience.check(place, len(self._tape))
        return Valuer(self._tape.graph(place), self._account.base_asset)


def unpriced_at_first(tape: Tape, instruments: Sequence[Instrument]) -> list[Instrument]:
    """Markets that have no price yet at the first bar."""
    return [each for each in instruments if np.isnan(tape.column(each, Field.CLOSE)[0])]


def _joined(parts: Iterator[Floats]) -> Floats:
    return np.concatenate(list(parts))


def _summed(amounts: Iterator[Decimal] | Sequence[Decimal]) -> Decimal:
    total = ZERO
    for amount in amounts:
        total = add(total, amount)
    return total


def _gained(start: Decimal, end: Decimal) -> Decimal | None:
    return divide(subtract(end, start), start) if start else None


def _hold_figures(values: Floats, value_at: Callable[[int], Decimal], begun: Decimal) -> HoldFigures:
    end = value_at(len(values) - 1)
    return HoldFigures(end_value=end, return_ratio=_gained(begun, end), max_drawdown_ratio=_drawdown(values, value_at))


def _drawdown(values: Floats, value_at: Callable[[int], Decimal]) -> Decimal:
    """The deepest fall below the highest value before, as a part of it: found in floats, told exactly."""
    tops = np.maximum.accumulate(values)
    with np.errstate(all="ignore"):
        falls = np.nan_to_num((tops - values) / tops)
    low = int(np.argmax(falls))
    top = value_at(int(np.argmax(values[: low + 1])))
    return max(ZERO, divide(subtract(top, value_at(low)), top)) if top > 0 else ZERO
