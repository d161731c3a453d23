"""How long a fill at the venue takes into the ledger, and what following accounts costs."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Self

import psycopg
import redis

from nightdesk.accounts.model import Account
from tests.integration.account_streamer.rig import Rig, rig
from tests.perf.rows import Row, percentile
from tests.servers import Servers

FILLS = 200
BURST = 1_000
ACCOUNTS = 20
SILENCES = 5
SILENT = '"error_code":"venue.silent"'
_RECORDED = "SELECT count(*), max(recorded_at) FROM ledger_entries WHERE account_id = %s AND kind = 'trade'"


def bench_fill(servers: Servers) -> list[Row]:
    """Fills one after another at one of three accounts: until a reader sees the row, and until the news is heard."""
    with _followed(servers, accounts=3) as (desk, accounts), Heard(desk) as heard:
        for _ in range(5):
            _fill_and_wait(desk, accounts[0], heard)
        taken = [_fill_and_wait(desk, accounts[number % 3], heard) for number in range(FILLS)]
    rows_ms, news_ms = ([each[index] for each in taken] for index in (0, 1))
    return [
        Row(name="fill -> ledger row, p50", value=percentile(rows_ms, 0.5), unit="ms"),
        Row(name="fill -> ledger row, p95", value=percentile(rows_ms, 0.95), unit="ms", bar="<= 1000"),
        Row(name="fill -> ledger row, largest", value=max(rows_ms), unit="ms"),
        Row(name="fill -> news of the ledger, p50", value=percentile(news_ms, 0.5), unit="ms"),
        Row(name="fill -> news of the ledger, p95", value=percentile(news_ms, 0.95), unit="ms", bar="<= 1000"),
    ]


def bench_burst(servers: Servers) -> list[Row]:
    """A thousand fills of one order at once, until the last is in the ledger."""
    with _followed(servers, accounts=1) as (desk, (account,)):
        started = time.perf_counter()
        identities = desk.fill(account, count=BURST, quantity="0.001")
        desk.lands(account, identities, within_s=60)
        elapsed_s = time.perf_counter() - started
    return [
        Row(name="1,000 fills at once -> all in the ledger", value=elapsed_s, unit="s", bar="<= 5"),
        Row(name="fills recorded per second in a burst", value=BURST / elapsed_s, unit="fills/s"),
    ]


def bench_accounts(servers: Servers) -> list[Row]:
    """What each followed account costs, and how long after a start and a drop of everything all are live again."""
    with _followed(servers, accounts=1) as (desk, _):
        one_mib = _memory_mib(desk)
        for _ in range(ACCOUNTS - 1):
            desk.connected()
        desk.live(ACCOUNTS)
        each_mib = (_memory_mib(desk) - one_mib) / (ACCOUNTS - 1)
        before = desk.log().count('"message":"live"')
        started = time.perf_counter()
        desk.fault("socket_drop")
        desk.wait(lambda: desk.log().count('"message":"live"') >= before + ACCOUNTS, "live again", within_s=60)
        again_s = time.perf_counter() - started
    return [
        Row(name="memory of each followed account", value=each_mib, unit="MiB", bar="<= 6"),
        Row(name=f"{ACCOUNTS} dropped streams live again", value=again_s, unit="s", bar="<= 10"),
    ]


def bench_half_open(servers: Servers) -> list[Row]:
    """From the moment at which a private stream brings nothing any more until that is found, with fills under way."""
    took_s = []
    with _followed(servers, accounts=1) as (desk, (account,)):
        for number in range(SILENCES):
            desk.fault("socket_half_open")
            started = time.perf_counter()
            identities = desk.fill(account, quantity="0.001")
            desk.wait(lambda: desk.log().count(SILENT) > number, "found silent")  # noqa: B023 - waited for here
            took_s.append(time.perf_counter() - started)
            desk.mend()
            desk.wait(lambda: set(identities) <= set(desk.trades(account)), "caught up")  # noqa: B023
            desk.live()
    return [Row(name="half-open private stream -> found, largest", value=max(took_s), unit="s", bar="<= 5")]


class Heard:
    """News of a desk's ledger, with the time of hearing."""

    def __init__(self, desk: Rig) -> None:
        self._client = redis.Redis.from_url(desk.valkey_url)
        self._pubsub = self._client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self._pubsub.subscribe(f"ledger.{desk.desk.tenant_id}")
        self.at_s: dict[str, float] = {}
        self._thread = Thread(target=self._hear, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._pubsub.close()
        self._thread.join(5)
        self._client.close()

    def _hear(self) -> None:
        try:
            for message in self._pubsub.listen():
                told: dict[str, Any] = json.loads(message["data"])
                for entry in told["entries"]:
                    self.at_s[entry["identity"]] = time.perf_counter()
        except (redis.RedisError, ValueError, OSError, AttributeError):
            return


@contextmanager
def _followed(servers: Servers, *, accounts: int) -> Iterator[tuple[Rig, list[Account]]]:
    with tempfile.TemporaryDirectory() as folder, rig(servers, Path(folder)) as desk:
        made = [desk.account() for _ in range(accounts)]
        desk.start()
        desk.live(accounts)
        desk.wait(lambda: desk.rounds() >= accounts, "compared", within_s=60)
        yield desk, made


def _fill_and_wait(desk: Rig, account: Account, heard: Heard) -> tuple[float, float]:
    """Milliseconds from just before the venue is told to fill, the venue's own work included."""
    with psycopg.connect(desk.desk.postgres.url("superuser"), autocommit=True) as connection:
        before = _count(connection, account)
        started = time.perf_counter()
        (identity,) = desk.fill(account, quantity="0.001")
        while _count(connection, account) == before:
            time.sleep(0.002)
        row_s = time.perf_counter()
    while identity not in heard.at_s:
        time.sleep(0.002)
    return (row_s - started) * 1000, (heard.at_s[identity] - started) * 1000


def _count(connection: psycopg.Connection[Any], account: Account) -> int:
    row = connection.execute(_RECORDED, (account.account_id,)).fetchone()
    return int(row[0]) if row else 0


def _memory_mib(desk: Rig) -> float:
    """Resident memory of the streamer."""
    assert desk.process
    for line in Path(f"/proc/{desk.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")
