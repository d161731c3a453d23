"""Signals told over Valkey to whoever watches now; the table is the truth."""

from __future__ import annotations

import logging

import orjson
from redis import Redis
from redis.exceptions import RedisError

from nightdesk.alerts.signals import Signal
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount

_log = logging.getLogger(__name__)


class ValkeySignalNews:
    """`SignalNews`: publishes `signal.<tenant_id>`."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    def tell(self, signal: Signal) -> None:
        """Send it on; that nobody could be told is only logged."""
        said = {
            "signal_id": str(signal.signal_id),
            "name": signal.name,
            "instrument": signal.incoming.instrument,
            "value": None if signal.value is None else format_amount(signal.value),
            "counted_at": format_instant(signal.counted_at),
        }
        try:
            self._client.publish(f"signal.{signal.tenant_id}", orjson.dumps(said))
        except RedisError:
            _log.warning("a signal could not be told over the cache", extra={"signal_id": str(signal.signal_id)})
