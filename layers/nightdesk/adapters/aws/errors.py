"""botocore's errors in our own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from nightdesk.kernel.errors import Unavailable

QUICK: Final = Config(connect_timeout=3, read_timeout=10, retries={"max_attempts": 2, "mode": "standard"})
"""For calls that may be sent again."""

ONCE: Final = Config(connect_timeout=3, read_timeout=70, retries={"max_attempts": 1, "mode": "standard"})
"""For calls that are sent once and may take as long as a venue does."""


def error_code(error: ClientError) -> str:
    """AWS's name of the error: `NotAuthorizedException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def unavailable(code: str, what: str) -> Iterator[None]:
    """Turn any failure of the block into `Unavailable`.

    Args:
        code: The error's code.
        what: The subject of its sentence: `The queue`.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(code, f"{what} does not answer.") from error
