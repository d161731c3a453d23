"""What happened that a chart marks: trades and firings on its bars, deposits and withdrawals below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from nightdesk.candles.chart_marks import ChartMark, MarkKind
from nightdesk.candles.model import parse_series
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.money import divide, format_amount
from nightdesk.ledger.model import Entry, EntryFilter, EntryKind, Leg, LegRole
from nightdesk.ledger.ports import LedgerReads
from nightdesk.rules.chart_firings import ChartFiring, FiringReads
from nightdesk.rules.model import Mode

HAPPENINGS_MAX: Final = 2_000
"""The newest so many of each kind; a chart shows fewer bars than that."""


@dataclass(frozen=True, slots=True)
class Happenings:
    """Reads what happened to the tenant."""

    ledger: LedgerReads
    firings: FiringReads

    def on_chart(self, tenant_id: TenantId, series: str, since: datetime, until: datetime) -> Sequence[ChartMark]:
        """Trades of the market, and firings of rule sets that speak of it; of a portfolio all of them."""
        instrument = _instrument(series)
        wanted = EntryFilter(kind=EntryKind.TRADE, instrument=instrument, occurred_from=since, occurred_until=until)
        fired = self.firings.between(tenant_id, series if instrument else None, since, until, limit=HAPPENINGS_MAX)
        trades = [mark for entry in self._entries(tenant_id, wanted) if (mark := _trade(entry)) is not None]
        return [*trades, *map(_firing, fired)]

    def on_axis(self, tenant_id: TenantId, series: str, since: datetime, until: datetime) -> Sequence[ChartMark]:
        """Deposits and withdrawals of the market's base asset, of a portfolio all of them."""
        instrument = _instrument(series)
        marks = []
        for kind in (EntryKind.DEPOSIT, EntryKind.WITHDRAWAL):
            asset = instrument.base if instrument else None
            wanted = EntryFilter(kind=kind, asset=asset, occurred_from=since, occurred_until=until)
            marks += [_movement(entry) for entry in self._entries(tenant_id, wanted)]
        return marks

    def _entries(self, tenant_id: TenantId, wanted: EntryFilter) -> Sequence[Entry]:
        with self.ledger(tenant_id) as store:
            return store.newest(tenant_id, wanted, None, HAPPENINGS_MAX)


def _instrument(series: str) -> Instrument | None:
    parsed = parse_series(series)
    return parsed if isinstance(parsed, Instrument) else None


def _trade(entry: Entry) -> ChartMark | None:
    base, quote = _leg(entry, LegRole.BASE), _leg(entry, LegRole.QUOTE)
    if base is None or quote is None:
        return None
    side = MarkKind.BUY if base.amount > 0 else MarkKind.SELL
    done = "Bought" if side is MarkKind.BUY else "Sold"
    price = format_amount(divide(abs(quote.amount), abs(base.amount)))
    text = f"{done} {format_amount(abs(base.amount))} {base.asset} at {price} {quote.asset}"
    return ChartMark(key=f"entry:{entry.entry_id}", at=entry.fact.occurred_at, kind=side, text=text)


def _movement(entry: Entry) -> ChartMark:
    leg = entry.fact.legs[0]
    is_in = entry.fact.kind is EntryKind.DEPOSIT
    text = f"{'Deposited' if is_in else 'Withdrew'} {format_amount(abs(leg.amount))} {leg.asset}"
    kind = MarkKind.DEPOSIT if is_in else MarkKind.WITHDRAWAL
    return ChartMark(key=f"entry:{entry.entry_id}", at=entry.fact.occurred_at, kind=kind, text=text)


def _firing(fired: ChartFiring) -> ChartMark:
    what = "would have fired" if fired.mode is Mode.SHADOW else "fired"
    text = f"{fired.rule_set} {what}: {fired.reason}"
    return ChartMark(key=f"firing:{fired.firing_id}", at=fired.instant, kind=MarkKind.FIRING, text=text)


def _leg(entry: Entry, role: LegRole) -> Leg | None:
    return next((leg for leg in entry.fact.legs if leg.role is role), None)
