"""Signals of other programs as figures of rules: the newest of each name that counts, until the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nightdesk.alerts.signals import Signal
from nightdesk.indicators.model import SignalTarget
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.reading import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldSignal:
    """A signal as the tracker reads it.

    Attributes:
        value: None where the message said none.
        counted_at: When it came, in wall time.
    """

    tenant_id: TenantId
    name: str
    market: str
    value: Decimal | None
    counted_at: datetime


class SignalSource(Protocol):
    """The newest signals of a tenant."""

    def latest(self, tenant_id: TenantId, name: str, instrument: str | None = None) -> Signal | None:
        """The newest signal of the name that counts, of one instrument or of any."""
        ...


def seen_signal(source: SignalSource, tenant_id: TenantId, target: SignalTarget) -> Seen:
    """What the newest signal says; one that came too late is none where its hook ignores such."""
    signal = source.latest(tenant_id, target.name, target.market)
    return Seen(None, "signal") if signal is None else Seen(signal.value, "signal", signal.counted_at)
