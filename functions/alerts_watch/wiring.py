"""What the function is made of."""

from __future__ import annotations

from functools import cache
from typing import cast

import boto3

from nightdesk.adapters.aws.alert_queue import SqsAlertQueue
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.postgres.alerts import PostgresAlertUnits
from nightdesk.adapters.postgres.alerts_watchtower import PostgresWatchtower
from nightdesk.adapters.postgres.database import Database
from nightdesk.alerts.watching import WatchService
from nightdesk.runtime import correlation
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, database_conninfo
from nightdesk.runtime.settings import Settings, settings


@cache
def wire() -> WatchService:
    """The service; it finds what waits of all tenants by a role that may only look, and acts for one at a time."""
    return watch(settings())


def watch(here: Settings) -> WatchService:
    """The same for given settings."""
    across = here.model_copy(
        update={"database_secret": here.outbox_database_secret, "database_url": here.outbox_database_url}
    )
    return WatchService(
        tower=PostgresWatchtower(Database(_conninfo(across), max_size=1)),
        units=PostgresAlertUnits(Database(_conninfo(here), max_size=1)),
        queue=SqsAlertQueue(boto3.client("sqs", config=QUICK), here.require("queue_alerts")),
        clock=SystemClock(),
        new_correlation=correlation.new,
    )


def _conninfo(here: Settings) -> str:
    secrets = cast("SecretsClient", None if here.database_url else boto3.client("secretsmanager", config=QUICK))
    return database_conninfo(here, secrets)
