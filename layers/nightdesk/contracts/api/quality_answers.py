"""What the desk answers about the quality of prices. It is the same for everybody who is signed in."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nightdesk.contracts.api.market_quality import (
    CauseText,
    MarketQualityPage,
    MarketQualityShape,
    RefusedList,
    RefusedShape,
)
from nightdesk.identity.model import Caller
from nightdesk.kernel.assets import VenueId, parse_instrument
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import Clock, format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.markets.quality import Cause
from nightdesk.markets.quality_ports import MarketQuality, Place, QualityFilter, QualityReads, SeenRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityAnswers:
    """Asks the store and puts what it knows in shape."""

    reads: QualityReads
    clock: Clock

    def page(
        self, caller: Caller, wanted: QualityFilter, *, hours: int, cursor: str | None, limit: int
    ) -> MarketQualityPage:
        """Markets by venue and symbol, with what was refused in the last hours."""
        caller.require("read", "Market")
        now = self.clock.now()
        since = (now - timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
        page = self.reads.page(wanted, since, _place(cursor), limit + 1)
        shown = page.rows[:limit]
        return MarketQualityPage(
            items=[_market(each) for each in shown],
            counts=_counts(page.counts),
            total=page.total,
            since=format_instant(since),
            next_cursor=_cursor(shown[-1]) if len(page.rows) > limit else None,
        )

    def samples(self, caller: Caller, market: str, cause: Cause | None, limit: int) -> RefusedList:
        """What of a market was refused."""
        caller.require("read", "Market")
        found = self.reads.samples(parse_instrument(market), cause, limit)
        return RefusedList(items=[_refused(each) for each in found])


def _market(each: MarketQuality) -> MarketQualityShape:
    standing = each.standing
    return MarketQualityShape(
        venue=standing.instrument.venue,
        symbol=standing.instrument.symbol,
        state=standing.state.value,
        since=format_instant(standing.since),
        last=_amount(standing.last),
        at=_instant(standing.at),
        median=_amount(standing.median),
        sources=standing.sources,
        deviation_bp=_amount(standing.deviation_bp),
        counts=_counts(each.counts),
        refused=sum(each.counts.values()),
        latest=None if each.latest is None else _refused(each.latest),
        updated_at=format_instant(each.updated_at),
    )


def _refused(seen: SeenRefused) -> RefusedShape:
    return RefusedShape(
        cause=seen.cause.value,
        seen_at=format_instant(seen.seen_at),
        at=format_instant(seen.at),
        last=seen.last,
        bid=seen.bid,
        ask=seen.ask,
        compared=_amount(seen.compared),
        sources=seen.sources,
        deviation_bp=_amount(seen.deviation_bp),
    )


def _counts(counts: Mapping[Cause, int]) -> dict[CauseText, int]:
    return {cause.value: counts[cause] for cause in sorted(counts)}


def _cursor(last: MarketQuality) -> str:
    instrument = last.standing.instrument
    return urlsafe_b64encode(json.dumps([instrument.venue, instrument.symbol]).encode()).decode().rstrip("=")


def _place(cursor: str | None) -> Place | None:
    """The place that a cursor means.

    Raises:
        InvalidInput: `market_quality.cursor_malformed`.
    """
    if cursor is None:
        return None
    try:
        told: Any = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        venue, symbol = told
        instrument = parse_instrument(f"{venue}:{symbol}")
    except (ValueError, TypeError, RecursionError, InvalidInput):
        raise InvalidInput("market_quality.cursor_malformed", "The cursor is not one of ours.") from None
    return VenueId(instrument.venue), instrument.symbol


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
