"""What the function is made of."""

from __future__ import annotations

from functools import cache
from typing import cast

import boto3

from nightdesk.accounts.publishing import PublishingService
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.aws.events import EventBridgeBus
from nightdesk.adapters.aws.queues import SqsImportQueue
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.outbox import PostgresWaitingRoom
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, database_conninfo
from nightdesk.runtime.settings import settings


@cache
def wire() -> PublishingService:
    """The service; its database role sees what waits of all tenants."""
    here = settings()
    secrets = cast("SecretsClient", None if here.database_url else boto3.client("secretsmanager", config=QUICK))
    return PublishingService(
        room=PostgresWaitingRoom(Database(database_conninfo(here, secrets), max_size=1)),
        bus=EventBridgeBus(boto3.client("events", config=QUICK), here.require("event_bus")),
        queue=SqsImportQueue(boto3.client("sqs", config=QUICK), here.require("queue_accounts_import")),
        clock=SystemClock(),
    )
