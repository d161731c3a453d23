"""`python -m fargate.paper_exchange --state-dir DIR`."""

from __future__ import annotations

import asyncio
import logging
import sys

from fargate.paper_exchange.engine.errors import HistoryUnusable
from fargate.paper_exchange.options import parse_options
from fargate.paper_exchange.wiring import build_service
from nightdesk.runtime.clock import SystemClock


def main() -> None:
    """Run until told to stop; a recording that can't be played is one sentence and exit code 1."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stdout)
    try:
        service = build_service(parse_options(), SystemClock())
    except HistoryUnusable as error:
        sys.exit(f"paper_exchange: {error}")
    asyncio.run(service.run())


if __name__ == "__main__":
    main()
