"""How long a fill at each further venue takes into the ledger, by its private stream."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from nightdesk.accounts.model import Account
from tests.integration.account_streamer.rig import Rig, rig
from tests.integration.account_streamer.venues import QUOTES, connected, fill
from tests.perf.rows import Row, percentile
from tests.servers import Servers

FILLS = 20
UNHURRIED_S = "3600"
"""No look between two fills finds what the stream has not told."""


def bench_fill_at_venues(servers: Servers) -> list[Row]:
    """Fills one after another at an account of each venue, until a reader sees the row."""
    with tempfile.TemporaryDirectory() as folder, rig(servers, Path(folder)) as desk:
        accounts = {venue: connected(desk, venue) for venue in sorted(QUOTES)}
        desk.start(account_streams_reconcile_every_s=UNHURRIED_S)
        desk.live(len(accounts))
        desk.wait(lambda: desk.rounds() >= len(accounts), "compared", within_s=60)
        taken = {venue: _fills_ms(desk, account) for venue, account in accounts.items()}
    return [
        Row(name=f"fill at {venue} -> ledger row, p95", value=percentile(taken_ms, 0.95), unit="ms", bar="<= 1000")
        for venue, taken_ms in taken.items()
    ]


def _fills_ms(desk: Rig, account: Account) -> list[float]:
    _fill_ms(desk, account)
    return [_fill_ms(desk, account) for _ in range(FILLS)]


def _fill_ms(desk: Rig, account: Account) -> float:
    """Milliseconds from just before the venue is told to fill, the venue's own work included."""
    before = len(desk.trades(account))
    started = time.perf_counter()
    fill(desk, account)
    while len(desk.trades(account)) == before:
        time.sleep(0.002)
    return (time.perf_counter() - started) * 1000
