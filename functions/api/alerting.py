"""What the routes of alerts work with."""

from __future__ import annotations

from dataclasses import dataclass

from nightdesk.alerts.centre import AlertCentre
from nightdesk.alerts.channels import ChannelService
from nightdesk.alerts.signal_receiving import SignalService


@dataclass(frozen=True, slots=True)
class Alerting:
    """The services behind the routes of alerts."""

    centre: AlertCentre
    channels: ChannelService
    signals: SignalService
