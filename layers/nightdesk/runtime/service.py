"""Supervises the parts of a long-lived service: start, restart, graceful stop, health."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from nightdesk.kernel.tasks import end_all
from nightdesk.runtime.logging import configure
from nightdesk.runtime.settings import Settings

Work = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until it is done or the event is set; raising means it died and is started again."""

BACKOFF_FIRST_S: Final = 0.2
BACKOFF_MAX_S: Final = 15.0
STABLE_AFTER_S: Final = 30.0
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Part:
    """One task of a service.

    Attributes:
        running: False between its death and its next start.
        restarts: How often it has died so far.
    """

    name: str
    work: Work
    running: bool = False
    restarts: int = 0


class Supervisor:
    """Runs parts side by side until a signal or `stop`."""

    def __init__(self, parts: Sequence[Part], *, stop_within_s: float = 8.0) -> None:
        self._parts = list(parts)
        self._stop_within_s = stop_within_s
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Run until a signal or `stop`; parts that don't leave in time are cancelled."""
        self._listen_for_signals()
        await self.keep()

    async def keep(self) -> None:
        """The same without listening for signals: a supervisor within a part of another."""
        tasks = [asyncio.create_task(self._keep(part), name=part.name) for part in self._parts]
        await self._stopping.wait()
        _, late = await asyncio.wait(tasks, timeout=self._stop_within_s)
        for task in late:
            _log.warning("part did not stop in time", extra={"part": task.get_name()})
        await end_all(tasks)

    def add(self, part: Part) -> None:
        """One part more; before `run`."""
        self._parts.append(part)

    def stop(self) -> None:
        """Ask every part to leave."""
        self._stopping.set()

    def health(self) -> dict[str, Any]:
        """`status` is ok while every part runs."""
        parts = {part.name: {"ok": part.running, "restarts": part.restarts} for part in self._parts}
        return {"status": "ok" if all(part.running for part in self._parts) else "degraded", "parts": parts}

    async def _keep(self, part: Part) -> None:
        backoff_s = BACKOFF_FIRST_S
        while not self._stopping.is_set():
            lasted_s = await self._live(part)
            if self._stopping.is_set():
                return
            part.restarts += 1
            backoff_s = BACKOFF_FIRST_S if lasted_s >= STABLE_AFTER_S else min(backoff_s * 2, BACKOFF_MAX_S)
            await self._pause(backoff_s)

    async def _live(self, part: Part) -> float:
        """One life of a part, in seconds."""
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        part.running = True
        try:
            await part.work(self._stopping)
        except Exception:  # noqa: BLE001 the supervisor is where a part may die of anything
            _log.exception("part died", extra={"part": part.name})
        finally:
            part.running = False
        return loop.time() - started_s

    async def _pause(self, delay_s: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), delay_s)
        except TimeoutError:
            return

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)


async def until(stopping: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, but no longer than until the event is set."""
    working, stop = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({working, stop}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        await end_all((working, stop))


async def serve(app: web.Application, *, host: str, port: int, stopping: asyncio.Event) -> None:
    """Serve HTTP until the event is set; then finish what is open within two seconds."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        await stopping.wait()
    finally:
        await runner.cleanup()


def add_health(app: web.Application, version: str, health: Callable[[], dict[str, Any]]) -> None:
    """`GET /health`: 200 while all is well, 503 otherwise."""

    async def answer(_request: web.Request) -> web.Response:
        state = health()
        return web.json_response({"version": version, **state}, status=200 if state["status"] == "ok" else 503)

    app.router.add_get("/health", answer)


async def run_service(
    name: str, known: Settings, parts: Sequence[Part], told: Callable[[], dict[str, Any]] = dict
) -> None:
    """Run a service that serves nothing but its health page, until a signal comes.

    Args:
        name: In its logs.
        known: Where the health page is, and the log level.
        parts: What it does.
        told: The service's own figures for the health page.
    """
    configure(service=name, version=known.service_version, level=known.log_level)
    app = web.Application()

    async def answer(stopping: asyncio.Event) -> None:
        await serve(app, host=known.health_host, port=known.health_port, stopping=stopping)

    supervisor = Supervisor([*parts, Part("health", answer)])
    add_health(app, known.service_version, lambda: {**supervisor.health(), **told()})
    await supervisor.run()
