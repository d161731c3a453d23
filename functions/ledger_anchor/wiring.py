"""What the function is made of."""

from __future__ import annotations

from functools import cache
from typing import cast

import boto3

from nightdesk.adapters.aws.anchors import KmsAnchorSigner, S3AnchorVault
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.ledger_proof import PostgresAnchorUnits, PostgresChainsToAnchor
from nightdesk.ledger.anchors import AnchorService
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, database_conninfo
from nightdesk.runtime.settings import Settings, settings


@cache
def wire() -> AnchorService:
    """The service; its second database role sees how long the chains of all tenants are, and nothing in them."""
    here = settings()
    crossing = here.model_copy(
        update={"database_secret": here.outbox_database_secret, "database_url": here.outbox_database_url}
    )
    return AnchorService(
        chains=PostgresChainsToAnchor(_database(crossing)),
        units=PostgresAnchorUnits(_database(here)),
        vault=S3AnchorVault(boto3.client("s3", config=QUICK), here.require("anchors_bucket")),
        signer=KmsAnchorSigner(boto3.client("kms", config=QUICK), here.require("anchors_key")),
        clock=SystemClock(),
    )


def _database(here: Settings) -> Database:
    client = cast("SecretsClient", None if here.database_url else boto3.client("secretsmanager", config=QUICK))
    return Database(database_conninfo(here, client), max_size=1)
