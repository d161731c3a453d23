"""A history of fifty markets, filled by workers that are killed: `python -m tests.perf.backfill --days 365`.

`make bench` fills some days of each; the whole year, 26 million minutes, is asked for by name. Every minute is counted
in the end; of each market a page a month is fetched again and compared, with `--compare-all` every bar.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.market_history import ExchangeHistory
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSessions
from nightdesk.candles.coverage import DAY, settled_day
from nightdesk.candles.planning import SETTLED_AFTER
from nightdesk.kernel.assets import VenueId
from nightdesk.runtime.clock import SystemClock
from tests.builders.checked_history import Counted, counted
from tests.builders.desk_history import HistoryDesk, own_database
from tests.builders.history_fleet import HistoryFleet
from tests.perf.rows import Row
from tests.servers import Servers

INSTRUMENTS: Final = 50
KILLS: Final = 20
BENCH_DAYS: Final = 7
WORKERS: Final = 2
VENUES: Final = ("binance", "htx")
ROWS_A_S_MOST: Final = 60_000
"""So fast at most; workers die early enough that all kills fit into the trial."""

ROWS_A_S_LEAST: Final = 1000
"""So slow that something must be broken; the trial gives up."""

COMPARED_EVERY: Final = timedelta(days=30)
"""Of so long one page is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be filled, and how often workers die of it.

    Attributes:
        compares_all: Every bar is fetched again in the end.
    """

    days: int
    instruments: int = INSTRUMENTS
    kills: int = KILLS
    compares_all: bool = False

    @property
    def minutes(self) -> int:
        """How many there are to be."""
        return self.days * 1440 * self.instruments

    @property
    def life_s(self) -> float:
        """How long a worker lives at most, for all kills to come before the end."""
        return max(1.0, self.minutes / ROWS_A_S_MOST / max(1, self.kills) * WORKERS)


@dataclass(frozen=True, slots=True)
class Trial:
    """What was filled, how many workers died of it, and how long it took."""

    counted: Counted
    kills: int
    elapsed_s: float


def bench_killed_history(servers: Servers) -> list[Row]:
    """Some days of fifty markets and twenty kills."""
    asked = Asked(days=BENCH_DAYS)
    return rows(fill(servers, asked), asked)


def rows(trial: Trial, asked: Asked) -> list[Row]:
    """The trial beside its bars."""
    name, counted = f"{asked.instruments} markets, {asked.days} days of minutes, {trial.kills} kills", trial.counted
    holes, doubles = counted.expected - counted.different, counted.stored - counted.different
    rate = counted.stored / trial.elapsed_s
    return [
        Row(name=f"{name}: minutes stored", value=counted.stored, unit="rows", bar=f">= {asked.minutes}"),
        Row(name=f"{name}: holes", value=holes, unit="rows", bar="<= 0"),
        Row(name=f"{name}: doubles", value=doubles, unit="rows", bar="<= 0"),
        Row(name=f"{name}: bars compared with the venue's", value=counted.compared, unit="rows"),
        Row(name=f"{name}: bars that are not the venue's", value=counted.wrong, unit="rows", bar="<= 0"),
        Row(name=f"{name}: workers killed", value=trial.kills, unit="kills", bar=f">= {asked.kills}"),
        Row(name=f"{name}: time", value=trial.elapsed_s, unit="s"),
        Row(name="minutes filled from a venue, two workers", value=rate, unit="rows/s"),
    ]


def fill(servers: Servers, asked: Asked) -> Trial:
    """Fill and compare, on a paper exchange whose limits are raised: it is about kills."""
    with tempfile.TemporaryDirectory() as folder, own_database(servers.postgres()) as database:
        paper = servers.start_paper(Path(folder) / "paper")
        paper.admin("POST", "/limits", {"calendar_speed": 60})
        sessions = ExchangeSessions(Route.parse(paper.route), SystemClock())
        desk = HistoryDesk(postgres=database, venues=ExchangeHistory(sessions, SystemClock()))
        names = _markets(sessions)[: asked.instruments]
        fleet = HistoryFleet(postgres=database, paper=paper, workers=WORKERS, kills=asked.kills, life_s=asked.life_s)
        try:
            beyond = desk.market_at - settled_day(desk.market_at, SETTLED_AFTER)
            desk.ask(*names, days=asked.days + beyond / DAY)
            elapsed_s = _filled(desk, fleet, asked)
            every = None if asked.compares_all else COMPARED_EVERY
            return Trial(counted(desk, names, every), fleet.killed, elapsed_s)
        finally:
            fleet.stop()
            desk.close()
            sessions.close()


def _filled(desk: HistoryDesk, fleet: HistoryFleet, asked: Asked) -> float:
    """How many seconds it took until every minute was stored and counted."""
    started_s = time.monotonic()
    deadline_s = started_s + 600 + asked.minutes / ROWS_A_S_LEAST
    desk.fill(fleet, lambda: fleet.drain(deadline_s), runs=20)
    return time.monotonic() - started_s


def _markets(sessions: ExchangeSessions) -> list[str]:
    async def spot(client: VenueClient) -> list[str]:
        return sorted(name for name, market in client.raw.markets.items() if market["spot"])

    return [f"{venue.upper()}:{name}" for venue in VENUES for name in sessions.ask(VenueId(venue), spot)]


def main() -> None:
    """Run the trial of so many days and print its rows."""
    parser = argparse.ArgumentParser(prog="python -m tests.perf.backfill", description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--instruments", type=int, default=INSTRUMENTS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--compare-all", action="store_true", dest="compares_all")
    asked = Asked(**vars(parser.parse_args()))
    servers = Servers()
    try:
        for row in rows(fill(servers, asked), asked):
            print(f"{row.name:<90} {row.value:>16,.1f} {row.unit:<8} {row.bar}")
    finally:
        servers.stop()


if __name__ == "__main__":
    main()
