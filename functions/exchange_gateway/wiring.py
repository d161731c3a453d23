"""What the function is made of."""

from __future__ import annotations

from functools import cache
from typing import cast

import boto3

from nightdesk.accounts.custody import CustodyService
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSessions
from nightdesk.adapters.postgres.credentials import PostgresCredentialUnits
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.vault.sealing import EnvelopeVault
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.metrics import Meter
from nightdesk.runtime.secrets import SecretsClient, database_conninfo
from nightdesk.runtime.settings import Settings, settings
from nightdesk.wiring_keys import key_wrapper
from nightdesk.wiring_venues import shared_budget, shared_turns


@cache
def meter() -> Meter:
    """What the budget's use is measured with; written out after each event."""
    return Meter("exchange_gateway")


@cache
def wire() -> CustodyService:
    """The keeper of credentials; its sessions at venues stay warm for the life of the process."""
    return custody(settings())


def custody(here: Settings) -> CustodyService:
    """The same for given settings."""
    secrets = cast("SecretsClient", boto3.client("secretsmanager", config=QUICK)) if not here.database_url else None
    conninfo = database_conninfo(here, cast("SecretsClient", secrets))
    clock = SystemClock()
    return CustodyService(
        units=PostgresCredentialUnits(Database(conninfo, max_size=2)),
        vault=EnvelopeVault(key_wrapper(here.require("vault_key"))),
        sessions=ExchangeSessions(
            Route.parse(here.venues_route), clock, balance=shared_budget(here, meter()), turns=shared_turns(here)
        ),
        clock=clock,
    )
