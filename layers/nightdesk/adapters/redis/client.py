"""Connections to Valkey."""

from __future__ import annotations

from redis import Redis

from nightdesk.adapters.redis.errors import TIMEOUT_S


def valkey(url: str) -> Redis:
    """A client with short time-outs; connects at the first command."""
    return Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
