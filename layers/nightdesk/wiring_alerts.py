"""What whoever raises alerts, sends webhooks or reads signals is wired with."""

from __future__ import annotations

from functools import partial
from secrets import randbelow, token_urlsafe
from uuid import uuid4

import boto3

from nightdesk.adapters.aws.alert_queue import SqsAlertQueue
from nightdesk.adapters.aws.errors import ONCE, QUICK
from nightdesk.adapters.aws.sender_gate import LambdaSenderGate
from nightdesk.adapters.notify.outbound import Outbound, OutboundRoute
from nightdesk.adapters.notify.outbound_webhook import SignedWebhook
from nightdesk.adapters.postgres.alerts import PostgresAlertUnits, unit_of
from nightdesk.adapters.postgres.alerts_desk import PostgresAlertCentre
from nightdesk.adapters.postgres.alerts_signals import PostgresSignalUnits
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.signal_news import ValkeySignalNews
from nightdesk.alerts.centre import AlertCentre
from nightdesk.alerts.channels import ChannelService
from nightdesk.alerts.raising import AlertDesk
from nightdesk.alerts.signal_receiving import SignalService
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import Settings


def alert_desk(connection: Connection) -> AlertDesk:
    """What raises alerts in the transaction of the connection; hand its `works` to `alert_queue` after the commit."""
    unit = unit_of(connection)
    return AlertDesk(unit.alerts, unit.channels, SystemClock())


def alert_queue(settings: Settings) -> SqsAlertQueue:
    """The queue `alerts`."""
    return SqsAlertQueue(boto3.client("sqs", config=QUICK), settings.require("queue_alerts"))


def signed_webhook(settings: Settings) -> SignedWebhook:
    """What sends signed webhooks to addresses that users name."""
    return SignedWebhook(Outbound(OutboundRoute.parse(settings.notify_route)), SystemClock())


def channel_service(settings: Settings, database: Database) -> ChannelService:
    """Who sets up channels."""
    gate = LambdaSenderGate(boto3.client("lambda", config=ONCE), settings.require("alerts_send_function"))
    return ChannelService(
        units=PostgresAlertUnits(database),
        gate=gate,
        clock=SystemClock(),
        new_id=uuid4,
        new_code=lambda: f"{randbelow(1_000_000):06d}",
    )


def alert_centre(settings: Settings, database: Database) -> AlertCentre:
    """Who shows alerts and raises tests."""
    return AlertCentre(
        reads=PostgresAlertCentre(database),
        units=PostgresAlertUnits(database),
        queue=alert_queue(settings),
        clock=SystemClock(),
        new_id=uuid4,
    )


def signal_service(settings: Settings, database: Database) -> SignalService:
    """Who makes hooks and takes signals."""
    clock = SystemClock()
    return SignalService(
        units=PostgresSignalUnits(database, clock),
        queue=alert_queue(settings),
        news=ValkeySignalNews(valkey(settings.require("valkey_url"))),
        clock=clock,
        new_id=uuid4,
        new_token=partial(token_urlsafe, 32),
    )
