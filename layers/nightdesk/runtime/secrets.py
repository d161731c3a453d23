"""Secrets of ours, from Secrets Manager."""

from __future__ import annotations

import json
from typing import Protocol

from nightdesk.runtime.settings import Settings


class SecretsClient(Protocol):
    """The one call of boto3's `secretsmanager` client that is used."""

    def get_secret_value(self, *, SecretId: str) -> dict[str, object]:  # noqa: N803
        """The secret's present version."""
        ...


def database_conninfo(settings: Settings, client: SecretsClient) -> str:
    """How to reach the database, as this process's role.

    Args:
        settings: `database_url` wins; otherwise `database_secret` names the secret.
        client: boto3's `secretsmanager` client.

    Raises:
        SettingMissing: Neither is set.
    """
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    secret = json.loads(secret_text(settings.require("database_secret"), client))
    pairs = {
        "host": secret["host"],
        "port": secret["port"],
        "dbname": secret["dbname"],
        "user": secret["username"],
        "password": secret["password"],
    }
    return " ".join(f"{name}={_quoted(str(value))}" for name, value in pairs.items())


def secret_text(secret_id: str, client: SecretsClient) -> str:
    """The secret's present text."""
    return str(client.get_secret_value(SecretId=secret_id)["SecretString"])


def _quoted(value: str) -> str:
    """A value as libpq's conninfo wants it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
