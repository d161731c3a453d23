"""Start the portfolio tracker: `python -m fargate.portfolio_tracker`."""

from __future__ import annotations

import asyncio
from typing import Any

from fargate.portfolio_tracker.wiring import wire
from nightdesk.runtime.service import Part, run_service


async def main() -> None:
    """Run until a signal comes."""
    wired = wire()
    tracker = wired.tracker
    parts = [
        Part("books", tracker.keep_books),
        Part("prices", tracker.hear),
        Part("pulse", tracker.pulse),
        Part("repair", wired.repair.run),
        Part("valuations", wired.valuations.run),
        Part("rule_sets", wired.rules.look),
        Part("rules", wired.rules.beat),
        Part("memories", wired.rules.keep),
        Part("bars", wired.lines.hear),
        Part("lines", wired.lines.load),
        Part("pasts", wired.warming.run),
        Part("show", wired.show.run),
    ]

    def told() -> dict[str, Any]:
        return {
            **tracker.health(),
            "bars_repaired": wired.repair.bars_made,
            "provenance_unsaved": wired.valuations.waiting,
            **wired.rules.health(),
            **wired.lines.health(),
        }

    await run_service("portfolio_tracker", wired.settings, parts, told)


if __name__ == "__main__":
    asyncio.run(main())
