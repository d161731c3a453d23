"""The services behind the API's routes of alerts, over PostgreSQL; only the sender and the queue are fakes."""

from __future__ import annotations

from dataclasses import dataclass, field
from secrets import token_urlsafe
from uuid import uuid4

from functions.api.alerting import Alerting
from nightdesk.adapters.postgres.alerts import PostgresAlertUnits
from nightdesk.adapters.postgres.alerts_desk import PostgresAlertCentre
from nightdesk.adapters.postgres.alerts_signals import PostgresSignalUnits
from nightdesk.adapters.postgres.database import Database
from nightdesk.alerts.centre import AlertCentre
from nightdesk.alerts.channels import ChannelService
from nightdesk.alerts.signal_receiving import SignalService
from nightdesk.kernel.instants import Clock
from tests.fakes.alerts import FakeAlertQueue, FakeSenderGate, FakeSignalNews


@dataclass(slots=True)
class AlertFakes:
    """What stands around the services, for tests to look into."""

    queue: FakeAlertQueue = field(default_factory=FakeAlertQueue)
    gate: FakeSenderGate = field(default_factory=FakeSenderGate)
    news: FakeSignalNews = field(default_factory=FakeSignalNews)

    def signals(self, database: Database, clock: Clock) -> SignalService:
        return SignalService(
            units=PostgresSignalUnits(database, clock),
            queue=self.queue,
            news=self.news,
            clock=clock,
            new_id=uuid4,
            new_token=lambda: token_urlsafe(32),
        )

    def alerting(self, database: Database, clock: Clock) -> Alerting:
        units = PostgresAlertUnits(database)
        return Alerting(
            AlertCentre(reads=PostgresAlertCentre(database), units=units, queue=self.queue, clock=clock, new_id=uuid4),
            ChannelService(units=units, gate=self.gate, clock=clock, new_id=uuid4, new_code=lambda: "123456"),
            self.signals(database, clock),
        )
