"""Who shows, rotates and revokes keys, put together."""

from __future__ import annotations

from uuid import uuid4

import boto3

from nightdesk.accounts.key_ports import Halt
from nightdesk.accounts.key_service import KeyService
from nightdesk.adapters.aws.errors import ONCE, QUICK
from nightdesk.adapters.aws.gateway import LambdaVenueGateway
from nightdesk.adapters.aws.queues import SqsRefreshQueue
from nightdesk.adapters.postgres.accounts import PostgresAccountsUnits
from nightdesk.adapters.postgres.key_use import PostgresKeyUnits
from nightdesk.contracts.api.answers import Answers
from nightdesk.contracts.api.key_answers import KeyAnswers
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.orders.halting import HaltWish, KillSwitch
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.serving import running
from nightdesk.runtime.settings import Settings
from nightdesk.wiring import Stores

REVOKED: str = "All keys are revoked."


def key_answers(settings: Settings, stores: Stores, known: Answers, switch: KillSwitch) -> KeyAnswers:
    """What answers callers about keys; it shares the services behind the other answers."""
    gateway = settings.require("exchange_gateway_function")
    service = KeyService(
        accounts=PostgresAccountsUnits(stores.database),
        keys=PostgresKeyUnits(stores.database),
        gateway=LambdaVenueGateway(boto3.client("lambda", config=ONCE), gateway, asker=running()),
        refreshes=SqsRefreshQueue(boto3.client("sqs", config=QUICK), settings.require("queue_accounts_refresh")),
        halt=halting(switch),
        clock=SystemClock(),
        new_id=uuid4,
    )
    return KeyAnswers(keys=service, accounts=known.accounts, portfolio=known.portfolio)


def halting(switch: KillSwitch) -> Halt:
    """Stops trading by the kill switch; open orders are taken back while there are keys to do it with."""

    def halt(tenant_id: TenantId, actor: str, correlation_id: CorrelationId) -> None:
        wish = HaltWish(reason=REVOKED, engaged_by=actor, cancel_orders=True, correlation_id=correlation_id)
        switch.engage(tenant_id, wish)

    return halt
