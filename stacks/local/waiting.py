"""Wait for something that another process does."""

import time
from collections.abc import Callable

_PAUSE_S = 0.03


def wait_until(ready: Callable[[], bool], timeout_s: float, complaint: str) -> None:
    """Return as soon as `ready` says so.

    Raises:
        TimeoutError: It didn't within `timeout_s`; carries `complaint`.
    """
    deadline = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{complaint} within {timeout_s:g} s.")
        time.sleep(_PAUSE_S)
