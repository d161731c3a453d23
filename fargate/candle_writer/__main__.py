"""Start the candle writer: `python -m fargate.candle_writer`."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from fargate.candle_writer.wiring import wire
from nightdesk.runtime import logging
from nightdesk.runtime.service import Part, Supervisor, add_health, serve


async def main() -> None:
    """Run until a signal comes."""
    wired = wire()
    known, writer = wired.settings, wired.writer
    logging.configure(service="candle_writer", version=known.service_version, level=known.log_level)
    app = web.Application()

    async def answer(stopping: asyncio.Event) -> None:
        await serve(app, host=known.health_host, port=known.health_port, stopping=stopping)

    parts = [Part("writer", writer.write), Part("room", writer.make_room), Part("health", answer)]
    supervisor = Supervisor(parts)

    def health() -> dict[str, Any]:
        return {**supervisor.health(), **writer.health()}

    add_health(app, known.service_version, health)
    await supervisor.run()


if __name__ == "__main__":
    asyncio.run(main())
