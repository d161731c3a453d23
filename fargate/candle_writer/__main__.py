"""Start the candle writer: `python -m fargate.candle_writer`."""

from __future__ import annotations

import asyncio

from fargate.candle_writer.wiring import wire
from nightdesk.runtime.service import Part, run_service


async def main() -> None:
    """Run until a signal comes."""
    wired = wire()
    writer = wired.writer
    parts = [Part("writer", writer.write), Part("room", writer.make_room)]
    await run_service("candle_writer", wired.settings, parts, writer.health)


if __name__ == "__main__":
    asyncio.run(main())
