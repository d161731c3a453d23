"""Run the feed gateway: `python -m fargate.feed_gateway`."""

from __future__ import annotations

import asyncio

from fargate.feed_gateway.service import run
from fargate.feed_gateway.wiring import wire

if __name__ == "__main__":
    asyncio.run(run(wire()))
