"""Start the market streamer: `python -m fargate.market_streamer`."""

from __future__ import annotations

import asyncio

from fargate.market_streamer.wiring import wire
from nightdesk.runtime.service import Part, run_service


async def main() -> None:
    """Run until a signal comes."""
    wired = wire()
    streamer = wired.streamer
    parts = [
        Part("venue", streamer.follow),
        Part("publisher", streamer.publish),
        Part("status", streamer.tell_status),
    ]
    await run_service("market_streamer", wired.settings, parts, streamer.health)


if __name__ == "__main__":
    asyncio.run(main())
