"""A secret is planted and then looked for everywhere."""

from __future__ import annotations

import logging
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from redis import Redis

from nightdesk.accounts.model import Credential
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.progress import ValkeyProgressChannel
from nightdesk.kernel.errors import NightdeskError
from tests.builders.desk_accounts import READING, DeskAccounts
from tests.servers import Paper, Postgres

pytestmark = pytest.mark.integration


@pytest.fixture
def desk_with_cache(postgres: Postgres, paper: Paper, valkey_url: str, tmp_path: Path) -> DeskAccounts:
    channel = ValkeyProgressChannel(valkey(valkey_url))
    return DeskAccounts(postgres=postgres, paper=paper, key_file=tmp_path / "vault.key", channel=channel)


def every_row(postgres: Postgres) -> str:
    """All tables, as text and as bytes in hexadecimal digits."""
    with psycopg.connect(postgres.url("superuser")) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        dumps = []
        for (table,) in tables:
            query = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT").format(sql.Identifier(table))
            with connection.cursor().copy(query) as copy:
                dumps.append(b"".join(bytes(block) for block in copy).decode())
    return "\n".join(dumps)


def every_value(client: Redis) -> str:
    """Every key of Valkey with its value in the server's own serial form."""
    return "\n".join(f"{key!r} {client.dump(key)!r}" for key in client.scan_iter())


def forms(secret: str) -> set[str]:
    return {secret, secret.encode().hex(), secret[:24], secret[-24:]}


def refused(desk: DeskAccounts, credential: Credential) -> NightdeskError:
    with pytest.raises(NightdeskError) as error:
        desk.connect(credential)
    return error.value


def test_secret_is_nowhere_in_clear(
    desk_with_cache: DeskAccounts, valkey_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk = desk_with_cache
    caplog.set_level(logging.DEBUG)
    good = desk.open_at_venue({"kind": "seeded", "seed": 12, "trades": 150})
    withdrawing = desk.open_at_venue({"kind": "empty"}, READING | {"withdraw": True})
    wrong = Credential(withdrawing.key, "planted" * 10)
    here = desk.invoked()
    account = desk.connect(good)
    desk.import_all(account)
    failures = [refused(desk, withdrawing), refused(desk, wrong)]
    said = [repr(failure) + failure.message for failure in failures]
    said += [repr(failure.__cause__) + repr(failure.__context__) for failure in failures]
    seen = {
        "tables": every_row(desk.postgres),
        "cache": every_value(valkey(valkey_url)),
        "logs": caplog.text + "".join(str(record.__dict__) for record in caplog.records),
        "errors": "\n".join(said),
        "queue": repr(desk.queue.waiting) + repr(desk.refreshes.jobs),
        "answers": repr(here.payloads),
        "service": repr(account) + repr(good) + repr(wrong),
    }
    desk.close()
    for place, text in seen.items():
        assert text or place in {"answers", "cache"}
        for secret in (good.secret, withdrawing.secret, wrong.secret):
            assert not [form for form in forms(secret) if form in text], place
    assert good.key not in seen["tables"]
    assert good.key not in seen["logs"]
