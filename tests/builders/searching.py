"""Everything that stores hold, as text, and the forms in which a secret could lie there."""

from __future__ import annotations

import base64
import json
from typing import Final
from urllib.parse import quote, quote_plus

import psycopg
from psycopg import sql
from redis import Redis

LEAST: Final = 12
"""Characters of a secret that count as the secret."""
TABLES_LEAST: Final = 40


def every_row(superuser: str) -> str:
    """All tables as the superuser sees them; bytes come as hexadecimal digits."""
    with psycopg.connect(superuser) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        dumps = []
        for (table,) in tables:
            query = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT").format(sql.Identifier(table))
            with connection.cursor().copy(query) as copy:
                dumps.append(b"".join(bytes(block) for block in copy).decode())
    assert len(dumps) > TABLES_LEAST
    return "\n".join(dumps)


def every_value(client: Redis) -> str:
    """Every key of Valkey with its value in the server's own serial form, strings and streams alike."""
    return "\n".join(f"{key!r} {client.dump(key)!r}" for key in client.scan_iter())


def forms(secret: str) -> set[str]:
    """The secret as it might be written: plain, in hexadecimal digits, in base64 wherever it begins, in an address."""
    parts = [part for part in (secret, *secret.replace("-----", "\n").splitlines()) if len(part.strip()) >= LEAST]
    return {form for part in parts for form in _written(part)}


def _written(part: str) -> set[str]:
    raw = part.encode()
    base64s = {core for skew in range(3) for core in (_core(raw, skew, b"+/"), _core(raw, skew, b"-_"))}
    whole = {
        part,
        json.dumps(part)[1:-1],
        raw.hex(),
        raw.hex().upper(),
        quote(part),
        quote(part, safe=""),
        quote_plus(part),
    }
    return {form for form in whole | base64s if len(form) >= LEAST}


def _core(raw: bytes, skew: int, alphabet: bytes) -> str:
    """The base64 digits that are the secret's own, whatever stood before and after it."""
    encoded = base64.b64encode(b"\0" * skew + raw, alphabet).decode().rstrip("=")
    return encoded[(skew * 4 + 2) // 3 : len(encoded) - 1]
