"""Start the portfolio tracker: `python -m fargate.portfolio_tracker`."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from fargate.portfolio_tracker.wiring import wire
from nightdesk.runtime import logging
from nightdesk.runtime.service import Part, Supervisor, add_health, serve


async def main() -> None:
    """Run until a signal comes."""
    wired = wire()
    known, tracker = wired.settings, wired.tracker
    logging.configure(service="portfolio_tracker", version=known.service_version, level=known.log_level)
    app = web.Application()

    async def answer(stopping: asyncio.Event) -> None:
        await serve(app, host=known.health_host, port=known.health_port, stopping=stopping)

    supervisor = Supervisor(
        [
            Part("books", tracker.keep_books),
            Part("prices", tracker.hear),
            Part("pulse", tracker.pulse),
            Part("repair", wired.repair.run),
            Part("health", answer),
        ]
    )

    def health() -> dict[str, Any]:
        return {**supervisor.health(), **tracker.health(), "bars_repaired": wired.repair.bars_made}

    add_health(app, known.service_version, health)
    await supervisor.run()


if __name__ == "__main__":
    asyncio.run(main())
