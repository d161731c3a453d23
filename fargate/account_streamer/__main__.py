"""Start the account streamer: `python -m fargate.account_streamer`."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from fargate.account_streamer.wiring import wire
from nightdesk.runtime import logging
from nightdesk.runtime.service import Part, Supervisor, add_health, serve


async def main() -> None:
    """Run until a signal comes."""
    wired = wire()
    known, streamer = wired.settings, wired.streamer
    logging.configure(service="account_streamer", version=known.service_version, level=known.log_level)
    app = web.Application()

    async def answer(stopping: asyncio.Event) -> None:
        await serve(app, host=known.health_host, port=known.health_port, stopping=stopping)

    parts = [Part("accounts", streamer.follow), Part("news", streamer.hear_news), Part("health", answer)]
    supervisor = Supervisor(parts)

    def health() -> dict[str, Any]:
        return {**supervisor.health(), **streamer.health()}

    add_health(app, known.service_version, health)
    await supervisor.run()
    await wired.streams.close()


if __name__ == "__main__":
    asyncio.run(main())
