"""Servers and services of a test's own, which it may kill."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

from nightdesk.adapters.postgres.migrate import ROLES, migrate
from nightdesk.adapters.redis.candle_stream import STREAM
from nightdesk.candles.model import Candle
from stacks.local.measuring import measured
from stacks.local.ports import free_port
from stacks.local.postgres import PostgresServer
from stacks.local.valkey import ValkeyServer
from tests.servers import ROOT, Paper, Servers, end_process

_BARS = """
    SELECT at, open, high, low, close, volume FROM candles_{0} JOIN series USING (series_id) WHERE name = %s ORDER BY at
"""


@dataclass(slots=True)
class Rig:
    """A Valkey and a PostgreSQL that nobody else uses, and services run on them as processes."""

    folder: Path
    servers: Servers = field(init=False)
    valkey: ValkeyServer = field(init=False)
    postgres: PostgresServer = field(init=False)
    passwords: dict[str, str] = field(default_factory=dict)
    paper: Paper | None = None
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.servers = Servers(self.folder)
        self.valkey = ValkeyServer(self.folder / "valkey", port=free_port(), password=secrets.token_hex(8))
        self.postgres = PostgresServer(
            self.folder / "postgres", port=free_port(), password=secrets.token_hex(8), durable=False
        )
        self.valkey.start()
        self.postgres.start()
        self.passwords = {role: secrets.token_hex(8) for role in ROLES}
        migrate(self.postgres.url(), self.passwords)

    def url(self, role: str) -> str:
        """How to connect as a role of the product."""
        return self.postgres.url(f"nightdesk_{role}", self.passwords[role])

    def start(self, name: str, service: str, **settings: str) -> None:
        """Run a service; `name` is ours."""
        environment = {
            "PATH": os.environ["PATH"],
            **measured(),
            "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}",
            "NIGHTDESK_DATABASE_URL": self.url("streams"),
            "NIGHTDESK_VALKEY_URL": self.valkey.url,
            "NIGHTDESK_QUEUE_RULES_EVALUATE": "none",  # there are no rules, so nothing is put on it
            "NIGHTDESK_STREAMS_VENUES": "binance",  # unless a test says others
            "NIGHTDESK_STREAMS_MEMBER": name,
            "AWS_DEFAULT_REGION": "eu-central-1",
            **({"NIGHTDESK_VENUES_ROUTE": self.paper.route} if self.paper else {}),
            **{f"NIGHTDESK_{setting.upper()}": value for setting, value in settings.items()},
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", f"fargate.{service}"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        """Kill a service with -9."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def end(self, name: str) -> int:
        """Ask a service to stop; its exit code."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(12)

    def restart_postgres(self) -> None:
        """Stop PostgreSQL under its clients and start it again."""
        self.postgres.stop()
        time.sleep(0.5)
        self.postgres.start()

    def restart_valkey(self) -> None:
        """Kill Valkey with -9 and start it with what its file holds."""
        self.valkey.end_leftover()
        time.sleep(0.5)
        self.valkey.start()

    def bars(self, name: str, resolution: str) -> list[Candle]:
        """Every stored bar of a series, oldest first."""
        with psycopg.connect(self.postgres.url()) as connection:
            return [Candle(*row) for row in connection.execute(_BARS.format(resolution).encode(), (name,))]

    def waiting(self) -> int:
        """Entries that no writer stored yet; 1 when Valkey does not answer."""
        try:
            with redis.Redis.from_url(self.valkey.url) as client:
                return int(client.xlen(STREAM))
        except redis.RedisError:
            return 1

    def wait(self, true: Callable[[], bool], within_s: float = 180) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < deadline, {name: self.log(name)[-2000:] for name in self.running}
            time.sleep(0.3)

    def log(self, name: str) -> str:
        """What a service wrote."""
        return (self.folder / f"{name}.log").read_text()

    def stop(self) -> None:
        """Stop everything."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            end_process(process)
        self.running.clear()
        self.servers.stop()
        self.valkey.stop()
        self.postgres.stop()
        self.postgres.forget()
