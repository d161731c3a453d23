"""redis-py's errors in our own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from redis.exceptions import RedisError

from nightdesk.kernel.errors import Unavailable

TIMEOUT_S: Final = 2.0


@contextmanager
def unavailable() -> Iterator[None]:
    """Turn any failure of the block into `Unavailable`."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise Unavailable("cache.unavailable", "The cache does not answer.") from error
