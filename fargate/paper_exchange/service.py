"""The running exchange: two ports, the tape that fills resting orders, the faces' streams."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.faces.port import Face
from fargate.paper_exchange.gateway import Listener
from nightdesk.runtime.service import Part, Supervisor, Work

_log = logging.getLogger(__name__)
_STEP_S = 0.1


class Service:
    """Everything that runs, supervised."""

    def __init__(
        self, exchange: Exchange, faces: Sequence[Face], *, gateway: Listener, admin: Listener, ports_file: Path
    ) -> None:
        self._exchange, self._faces = exchange, faces
        self._gateway, self._admin, self._ports_file = gateway, admin, ports_file
        parts = [Part("tape", self._advance), *(Part(f"streams-{face.venue}", _streams(face)) for face in faces)]
        self._supervisor = Supervisor(parts)

    async def run(self) -> None:
        """Listen and run until SIGTERM, SIGINT or `stop`."""
        await self._gateway.open()
        await self._admin.open()
        write_ports(self._ports_file, {"port": self._gateway.port, "admin_port": self._admin.port})
        _log.info("paper exchange listens on %d, its operator on %d", self._gateway.port, self._admin.port)
        try:
            await self._supervisor.run()
        finally:
            await self._gateway.close()
            await self._admin.close()
            self._exchange.close()

    def stop(self) -> None:
        """Leave."""
        self._supervisor.stop()

    async def _advance(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            self._exchange.advance()
            await asyncio.sleep(_STEP_S)


def write_ports(path: Path, ports: Mapping[str, int]) -> None:
    """Tell others which ports were taken, whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_bytes(orjson.dumps(ports))
    draft.replace(path)


def _streams(face: Face) -> Work:
    async def work(stopping: asyncio.Event) -> None:
        pushing, leaving = asyncio.ensure_future(face.run()), asyncio.ensure_future(stopping.wait())
        await asyncio.wait((pushing, leaving), return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if pushing.done():
            pushing.result()
        pushing.cancel()

    return work
