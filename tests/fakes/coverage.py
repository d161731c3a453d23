"""Coverage of histories in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from nightdesk.candles.coverage import CoverageState
from nightdesk.candles.coverage_desk import CoverageQuery, CoverageReads, CoveredSeries
from nightdesk.kernel.ids import TenantId


def covered(series: str, *, is_asked: bool = False) -> CoveredSeries:
    """A series that waits for its turn."""
    return CoveredSeries(
        series=series,
        state=CoverageState.WANTED,
        is_asked=is_asked,
        listed_at=None,
        horizon="",
        since=None,
        until=None,
        bars=0,
        expected=0,
        holes=(),
        open_holes=0,
        verified_at=None,
        eta_s=None,
        error_code=None,
        error_message=None,
    )


@dataclass(slots=True)
class FakeCoverage:
    """`CoverageUnits`: what all see, and what each tenant asked for."""

    known: dict[str, CoveredSeries] = field(default_factory=dict)
    asked: dict[TenantId, dict[str, datetime | None]] = field(default_factory=dict)

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[CoverageReads]:
        yield _FakeReads(self.known, self.asked.setdefault(tenant_id, {}))


@dataclass(slots=True)
class _FakeReads:
    known: dict[str, CoveredSeries]
    own: dict[str, datetime | None]

    def page(self, query: CoverageQuery) -> list[CoveredSeries]:
        every = self.known | {name: covered(name) for name in self.own if name not in self.known}
        found = [replace(every[name], is_asked=name in self.own) for name in sorted(every)]
        return [
            each
            for each in found
            if each.series > (query.after or "")
            and query.series in {None, each.series}
            and each.series.startswith("" if query.venue is None else f"{query.venue.upper()}:")
            and query.state in {None, each.state}
        ][: query.limit + 1]

    def ask(self, series: str, wanted_from: datetime | None, now: datetime) -> None:
        del now
        before = self.own.get(series, wanted_from)
        self.own[series] = None if before is None or wanted_from is None else min(before, wanted_from)

    def asks(self) -> int:
        return len(self.own)

    def is_stored(self, series: str) -> bool:
        return series in self.known
