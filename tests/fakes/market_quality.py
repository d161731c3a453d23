"""What was refused of markets' prices, from memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from nightdesk.kernel.assets import Instrument
from nightdesk.markets.quality import Cause
from nightdesk.markets.quality_ports import MarketQuality, Place, QualityFilter, QualityPage, SeenRefused
from nightdesk.markets.quality_watch import State


class FakeQualityReads:
    """`QualityReads` from memory; what it was told lies in every window."""

    def __init__(self) -> None:
        self.markets: list[MarketQuality] = []
        self.seen: dict[Instrument, list[SeenRefused]] = {}

    def page(self, wanted: QualityFilter, since: datetime, after: Place | None, limit: int) -> QualityPage:
        assert since.minute == 0
        found = sorted((each for each in self.markets if _is_wanted(each, wanted)), key=_place)
        sums: Counter[Cause] = Counter()
        for each in found:
            sums.update(each.counts)
        rows = [replace(each) for each in found if after is None or _place(each) > after]
        return QualityPage(rows=rows[:limit], counts=sums, total=len(found))

    def samples(self, instrument: Instrument, cause: Cause | None, limit: int) -> Sequence[SeenRefused]:
        return [each for each in self.seen.get(instrument, []) if cause in {None, each.cause}][:limit]


def _is_wanted(each: MarketQuality, wanted: QualityFilter) -> bool:
    instrument = each.standing.instrument
    return (
        wanted.venue in {None, instrument.venue}
        and (wanted.symbol is None or wanted.symbol.lower() in instrument.symbol.lower())
        and wanted.state in {None, each.standing.state}
        and (wanted.cause is None or wanted.cause in each.counts)
        and (not wanted.refused or bool(each.counts) or each.standing.state is not State.GOOD)
    )


def _place(each: MarketQuality) -> Place:
    return each.standing.instrument.venue, each.standing.instrument.symbol
