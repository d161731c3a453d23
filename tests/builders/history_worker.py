"""A process that fills the ranges it is told of, until it is killed: `python -m tests.builders.history_worker <json>`.

Lines in: `<range id> <venue>`. Lines out: `send <range id> <venue>` for what the worker would put in the queue, `page`
when it asks a venue, and `done`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nightdesk.adapters.postgres.candle_coverage import history_units
from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.backfill import BackfillService
from nightdesk.candles.coverage import Listing, RangeJob
from nightdesk.candles.history_ports import VenueHistory
from nightdesk.candles.judging import BarPage
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.runtime.clock import SystemClock
from tests.builders.desk_history import exchange_history
from tests.servers import Paper, Postgres


class Told:
    """`RangeQueue` that says what was sent."""

    def send(self, jobs: Sequence[RangeJob], delay_s: int = 0) -> None:
        del delay_s
        for job in jobs:
            print(f"send {job.range_id} {job.venue}", flush=True)


@dataclass(frozen=True, slots=True)
class Heard:
    """`VenueHistory` that says when it is asked."""

    venues: VenueHistory

    def listing(self, instrument: Instrument) -> Listing:
        return self.venues.listing(instrument)

    def page(self, instrument: Instrument, since: datetime, until: datetime) -> BarPage:
        print("page", flush=True)
        return self.venues.page(instrument, since, until)

    def others(self, instrument: Instrument) -> Sequence[Instrument]:
        return self.venues.others(instrument)


def main(told: dict[str, Any]) -> None:
    """Work until there is nobody who tells more."""
    database = Database(Postgres(**told["postgres"]).url("streams"))
    with exchange_history(Paper(**told["paper"])) as venues:
        service = BackfillService(
            units=history_units(database), venues=Heard(venues), queue=Told(), clock=SystemClock()
        )
        for line in sys.stdin:
            range_id, venue = line.split()
            service.run(RangeJob(int(range_id), VenueId(venue)), lambda: 600.0)
            print("done", flush=True)
    database.close()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
