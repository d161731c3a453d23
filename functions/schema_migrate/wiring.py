"""What the function is made of."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from typing import cast

import boto3

from nightdesk.adapters.postgres.migrate import ROLES, Migrated, migrate
from nightdesk.runtime.logging import configure
from nightdesk.runtime.secrets import SecretsClient, database_conninfo, secret_text
from nightdesk.runtime.settings import Settings, settings

ROLE_SECRET = "nightdesk/database/{role}"  # noqa: S105 - a name, not a secret


@cache
def wire() -> Callable[[], Migrated]:
    """What migrates; it reads the secrets again at each call, for they may have been rotated."""
    here = settings()
    configure(service="schema_migrate", version=here.service_version, level=here.log_level)
    return partial(run, here, cast("SecretsClient", boto3.client("secretsmanager")))


def run(here: Settings, client: SecretsClient) -> Migrated:
    """Migrate as the master user that `database_secret` names, with the roles' passwords from their secrets."""
    passwords = {role: json.loads(secret_text(ROLE_SECRET.format(role=role), client))["password"] for role in ROLES}
    return migrate(database_conninfo(here, client), passwords)
