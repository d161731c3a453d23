"""Venues whose past is written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nightdesk.candles.coverage import MINUTE, Listing
from nightdesk.candles.judging import BarPage
from nightdesk.candles.model import Candle
from nightdesk.kernel.assets import Instrument, parse_instrument
from nightdesk.kernel.errors import NightdeskError, NotFound

ROWS: int = 1000


@dataclass(slots=True)
class WrittenHistory:
    """`VenueHistory`: each market's bars by their starts; what is not there was not traded, or is a lie.

    Attributes:
        errors: Raised by the next questions, in order.
        seen: Every question for a page.
    """

    markets: dict[Instrument, dict[datetime, Candle]] = field(default_factory=dict)
    errors: list[NightdeskError] = field(default_factory=list)
    seen: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    window: int | None = None
    before_page: Callable[[], None] = lambda: None

    def write(self, name: str, since: datetime, minutes: int, price: float = 100.0) -> None:
        """Every minute is traded, at prices that move a little."""
        bars = self.markets.setdefault(parse_instrument(name), {})
        for index in range(minutes):
            at, close = since + index * MINUTE, price * (1 + index % 7 / 1000)
            bars[at] = Candle(at, close, close + 1, close - 1, close, 1.0 + index % 3)

    def silence(self, name: str, since: datetime, until: datetime) -> None:
        """Leave these minutes out."""
        bars = self.markets[parse_instrument(name)]
        for at in [at for at in bars if since <= at < until]:
            del bars[at]

    def listing(self, instrument: Instrument) -> Listing:
        """The first bar."""
        self._fail()
        bars = self._bars(instrument)
        return Listing(min(bars))

    def page(self, instrument: Instrument, since: datetime, until: datetime) -> BarPage:
        """As venues with pages of rows do, or by windows."""
        self.before_page()
        self._fail()
        self.seen.append((str(instrument), since, until))
        bars = self._bars(instrument)
        if self.window is not None:
            until = min(until, since + self.window * MINUTE)
        found = [bars[at] for at in sorted(bars) if since <= at < until][:ROWS]
        covered = found[-1].at + MINUTE if len(found) == ROWS else until
        return BarPage(tuple(found), covered)

    def others(self, instrument: Instrument) -> Sequence[Instrument]:
        """The same pair elsewhere."""
        return [each for each in sorted(self.markets) if each.symbol == instrument.symbol and each != instrument]

    def _bars(self, instrument: Instrument) -> dict[datetime, Candle]:
        if instrument not in self.markets:
            raise NotFound("candles.market_unknown", f"There is no market {instrument}.")
        return self.markets[instrument]

    def _fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
