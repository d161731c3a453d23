"""Works of one event loop that begin and end together."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any, Final

CANCEL_AGAIN_S: Final = 0.2


async def abreast(*works: Coroutine[Any, Any, Any]) -> None:
    """Do all works; when one fails, end the others, however often a cancellation gets lost on its way.

    Raises:
        BaseExceptionGroup: What failed, as `asyncio.TaskGroup` tells it; that one cancels only once, and hangs.
    """
    tasks = [asyncio.create_task(work) for work in works]
    if not tasks:
        return
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        await end_all(tasks)
    if failed := [error for task in tasks if not task.cancelled() and (error := task.exception()) is not None]:
        raise BaseExceptionGroup("Works that were done abreast failed.", failed)


async def end_all(tasks: Collection[asyncio.Future[Any]], *, cancel_again_s: float = CANCEL_AGAIN_S) -> None:
    """Cancel what still runs, again and again: `wait_for` before Python 3.12 may lose a cancellation.

    Args:
        tasks: Some may be over.
        cancel_again_s: After so long; longer for works that need time to end well.
    """
    left: Collection[asyncio.Future[Any]] = [task for task in tasks if not task.done()]
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=cancel_again_s)
    await asyncio.gather(*tasks, return_exceptions=True)
