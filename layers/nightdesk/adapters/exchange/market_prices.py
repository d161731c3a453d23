"""Every market's last price and best quotes as streams and requests tell them, and what changed of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from nightdesk.candles.model import Trade
from nightdesk.candles.stream_ports import Ticker
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.instants import Clock, to_ms

SECONDS_KEPT: Final = 64
"""Of so many seconds of each market the last trade is remembered: a late one is told only if it counts."""

_Told = tuple[datetime, int, Decimal]


class Prices:
    """What is known of each market's price, and which changed.

    Between two looks only the newest price counts, but for one thing: the last price of each whole second is told
    too, also when it comes late, so that whoever values at an instant knows every price made by then.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: dict[Instrument, _Told] = {}
        self._quotes: dict[Instrument, tuple[Decimal | None, Decimal | None]] = {}
        self._received_at: dict[Instrument, datetime] = {}
        self._dirty: set[Instrument] = set()
        self._passed: dict[tuple[Instrument, int], _Told] = {}
        self._ends: dict[Instrument, dict[int, _Told]] = {}

    def traded(self, instrument: Instrument, trade: Trade) -> None:
        """A trade, perhaps late or fetched afterwards: an older one does not become the market's price."""
        told = (trade.at, trade.identity or 0, trade.price)
        if not self._ends_second(instrument, told):
            return
        known = self._last.get(instrument)
        if known is None or told[:2] >= known[:2]:
            if known is not None and instrument in self._dirty and _second(known[0]) < _second(trade.at):
                self._passed[instrument, _second(known[0])] = known
            self._put(instrument, told)
        else:
            self._passed[instrument, _second(trade.at)] = told

    def refreshed(self, instrument: Instrument, last: Decimal, at: datetime) -> None:
        """A price that was asked for; the time of its figures, which trades of the same time outrank."""
        known = self._last.get(instrument)
        if known is None or (at > known[0] and last != known[2]):
            self._put(instrument, (at, -1, last))

    def quote(self, instrument: Instrument, bid: Decimal | None, ask: Decimal | None) -> None:
        """Best bid and ask."""
        if self._quotes.get(instrument) != (bid, ask):
            self._quotes[instrument] = (bid, ask)
            self._touch(instrument)

    def changed(self) -> list[Ticker]:
        """Prices of seconds that passed, then the changed ones whose price is known."""
        passed = [self._ticker(instrument, told) for (instrument, _), told in self._passed.items()]
        self._passed.clear()
        dirty = [instrument for instrument in self._dirty if instrument in self._last]
        self._dirty.clear()
        return [*passed, *(self._ticker(instrument, self._last[instrument]) for instrument in dirty)]

    def _ends_second(self, instrument: Instrument, told: _Told) -> bool:
        """Whether this is the newest known trade of its second, by time and number."""
        ends, second = self._ends.setdefault(instrument, {}), _second(told[0])
        if second in ends and told[:2] <= ends[second][:2]:
            return False
        ends[second] = told
        if len(ends) > SECONDS_KEPT:
            del ends[min(ends)]
        return True

    def _ticker(self, instrument: Instrument, told: _Told) -> Ticker:
        at, number, last = told
        bid, ask = self._quotes.get(instrument, (None, None))
        received_at = self._received_at[instrument]
        return Ticker(instrument=instrument, last=last, bid=bid, ask=ask, at=at, received_at=received_at, number=number)

    def _put(self, instrument: Instrument, last: _Told) -> None:
        if instrument not in self._last or last[:2] >= self._last[instrument][:2]:
            self._last[instrument] = last
            self._touch(instrument)

    def _touch(self, instrument: Instrument) -> None:
        self._received_at[instrument] = self._clock.now()
        self._dirty.add(instrument)


def _second(at: datetime) -> int:
    """The whole second that the instant lies in; at its end the instant is known."""
    return to_ms(at) // 1000
