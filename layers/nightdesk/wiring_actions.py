"""What whoever runs, previews or keeps actions is wired with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from time import sleep
from typing import cast

import boto3

from nightdesk.adapters.aws.action_queue import SqsActionQueue
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.notify.action_webhook import ActionWebhooks, secret_of
from nightdesk.adapters.postgres.actions import PostgresActionRuns, PostgresFirings
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads
from nightdesk.alerts.model import Work
from nightdesk.alerts.ports import AlertQueue
from nightdesk.contracts.api.action_answers import ActionAnswers
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import TenantId
from nightdesk.ledger.service import LedgerService
from nightdesk.rules.action_performing import Means, Performer
from nightdesk.rules.action_planning import Planner
from nightdesk.rules.action_previewing import ActionPreviewer
from nightdesk.rules.action_reading import ActionReads
from nightdesk.rules.action_run_ports import ActionUnit
from nightdesk.rules.action_running import ActionRunner
from nightdesk.rules.bots import NoBots
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, secret_text
from nightdesk.runtime.settings import Settings
from nightdesk.wiring import Stores
from nightdesk.wiring_alerts import alert_desk, alert_queue, signed_webhook
from nightdesk.wiring_orders import Trading, trading

_log = logging.getLogger(__name__)


class PostgresActionUnits:
    """Opens transactions that hold runs, intents and alerts; then hands the alerts over."""

    def __init__(self, database: Database, alerts: AlertQueue) -> None:
        self._database = database
        self._alerts = alerts

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[ActionUnit]:
        """A transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            desk = alert_desk(connection)
            yield ActionUnit(PostgresActionRuns(connection), desk)
        if desk.works:
            self._send(desk.works)

    def _send(self, works: tuple[Work, ...]) -> None:
        try:
            self._alerts.send(works)
        except Unavailable as error:  # the alerts' own sweeper makes up for it
            _log.warning("alerts not queued", extra={"error_code": error.code})


def action_runner(settings: Settings, stores: Stores) -> ActionRunner:
    """Who runs firings' actions."""
    traded, clock = trading(settings, stores), SystemClock()
    means = Means(
        desk=traded.desk,
        switch=traded.switch,
        webhooks=ActionWebhooks(signed_webhook(settings), server_secret(settings)),
        bots=NoBots(),
    )
    return ActionRunner(
        units=PostgresActionUnits(stores.database, alert_queue(settings)),
        planner=Planner(action_reads(traded)),
        performer=Performer(means, clock, sleep),
        clock=clock,
        pause=sleep,
    )


def action_reads(traded: Trading) -> ActionReads:
    """What actions mean now."""
    return ActionReads(books=traded.books, desk=traded.desk)


def action_answers(settings: Settings, stores: Stores) -> ActionAnswers:
    """What answers callers about actions."""
    traded, secret = trading(settings, stores), server_secret(settings)
    return ActionAnswers(
        firings=PostgresFirings(stores.database),
        previewer=ActionPreviewer(action_reads(traded)),
        orders=traded.desk,
        ledger=LedgerService(PostgresLedgerReads(stores.database)),
        webhook_secret=lambda tenant_id: secret_of(secret(), tenant_id),
        clock=SystemClock(),
    )


def action_queue(settings: Settings) -> SqsActionQueue:
    """The queue `actions.fifo`."""
    return SqsActionQueue(boto3.client("sqs", config=QUICK), settings.require("queue_actions"))


def server_secret(settings: Settings) -> Callable[[], bytes]:
    """What tenants' webhook secrets are made of; read when it is first needed."""

    @cache
    def read() -> bytes:
        client = cast("SecretsClient", boto3.client("secretsmanager", config=QUICK))
        return secret_text(settings.require("webhook_signing_secret"), client).encode()

    return read
