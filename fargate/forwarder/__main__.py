"""Start a forwarder: `python -m fargate.forwarder --port 8090 --name a --egress-address 127.0.0.2`."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from fargate.forwarder.wiring import wire
from nightdesk.runtime import logging
from nightdesk.runtime.metrics import Meter
from nightdesk.runtime.service import Part, Supervisor, add_health, serve
from nightdesk.runtime.settings import settings

METRICS_EVERY_S = 60.0


def options() -> argparse.Namespace:
    """The command line's options."""
    known = settings()
    parser = argparse.ArgumentParser(prog="python -m fargate.forwarder", description=__doc__)
    parser.add_argument("--port", type=int, default=known.forwarder_port)
    parser.add_argument("--host", default=known.forwarder_host)
    parser.add_argument("--name", default=known.forwarder_name)
    parser.add_argument("--url", default=known.forwarder_url, help="where the desk reaches this forwarder")
    parser.add_argument("--egress-address", default=None, help="the local address to send from")
    return parser.parse_args()


async def main() -> None:
    """Run until a signal comes; requests that were not sent by then are moved by those who asked."""
    known, chosen = settings(), options()
    logging.configure(service="forwarder", version=known.service_version, level=known.log_level)
    url = chosen.url or f"http://{chosen.host}:{chosen.port}"
    meter = Meter("forwarder")
    wired = wire(known, name=chosen.name, url=url, egress_address=chosen.egress_address, measures=meter)

    async def answer(stopping: asyncio.Event) -> None:
        await serve(wired.app, host=chosen.host, port=chosen.port, stopping=stopping)

    async def measure(stopping: asyncio.Event) -> None:
        told: dict[str, int] = {}
        while not stopping.is_set():
            for name, count in wired.way_out.counts.items():
                meter.count(f"forwarder_{name}", count - told.get(name, 0))
            told = dict(wired.way_out.counts)
            meter.flush()
            try:
                await asyncio.wait_for(stopping.wait(), METRICS_EVERY_S)
            except TimeoutError:
                continue

    supervisor = Supervisor([Part("http", answer), Part("lease", wired.way_out.keep_lease), Part("metrics", measure)])

    def health() -> dict[str, Any]:
        return {**supervisor.health(), "egress": chosen.name, "counts": dict(wired.way_out.counts)}

    add_health(wired.app, known.service_version, health)
    try:
        await supervisor.run()
    finally:
        await wired.close()


if __name__ == "__main__":
    asyncio.run(main())
