"""Puts the candle writer together from the settings."""

from __future__ import annotations

import functools
import secrets
import socket
from dataclasses import dataclass
from typing import Any

import boto3
from redis.asyncio import Redis

from fargate.candle_writer.service import CandleWriter
from nightdesk.adapters.postgres.candle_loader import PostgresBarLoader
from nightdesk.adapters.postgres.candles import PostgresCandleStore
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.redis.candle_stream import ValkeyCandleInbox
from nightdesk.candles.files.service import CandleFileService
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import database_conninfo
from nightdesk.runtime.settings import Settings, settings


@dataclass(frozen=True, slots=True)
class Wired:
    """The process's parts."""

    settings: Settings
    writer: CandleWriter


@functools.cache
def wire() -> Wired:
    """The process's parts, made once."""
    known = settings()
    valkey = Redis.from_url(
        known.require("valkey_url"), health_check_interval=15, socket_timeout=10, socket_connect_timeout=5
    )
    consumer = f"{socket.gethostname()}-{secrets.token_hex(4)}"  # a new life is a new writer
    database = Database(_conninfo(known), min_size=1, max_size=2)
    inbox = ValkeyCandleInbox(valkey, consumer, idle_s=known.streams_claim_after_s)
    return Wired(known, CandleWriter(inbox, PostgresCandleStore(database), SystemClock()))


def wire_files() -> CandleFileService:
    """What loads files, on demand."""
    database = Database(_conninfo(settings()), min_size=1, max_size=2)
    return CandleFileService(PostgresBarLoader(database), SystemClock())


def _conninfo(known: Settings) -> str:
    if known.database_url is not None:
        return known.database_url.get_secret_value()
    client: Any = boto3.client("secretsmanager")
    return database_conninfo(known, client)
