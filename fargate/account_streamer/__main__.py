"""Start the account streamer: `python -m fargate.account_streamer`."""

from __future__ import annotations

import asyncio

from fargate.account_streamer.wiring import wire
from nightdesk.runtime.service import Part, run_service


async def main() -> None:
    """Run until a signal comes."""
    wired = wire()
    streamer = wired.streamer
    parts = [
        Part("accounts", streamer.follow),
        Part("news", streamer.hear_news),
        Part("metrics", wired.meter.keep_flushing),
    ]
    await run_service("account_streamer", wired.settings, parts, streamer.health)
    await wired.streams.close()


if __name__ == "__main__":
    asyncio.run(main())
