"""Start the market streamer: `python -m fargate.market_streamer`."""

from __future__ import annotations

import asyncio

from fargate.market_streamer.wiring import wire
from nightdesk.runtime.service import Part, run_service


async def main() -> None:
    """Run until a signal comes."""
    wired = wire()
    parts = [
        Part("shares", wired.streams.run),
        Part("gate", wired.gate.run),
        Part("metrics", wired.meter.keep_flushing),
    ]
    await run_service("market_streamer", wired.settings, parts, wired.streams.health)


if __name__ == "__main__":
    asyncio.run(main())
