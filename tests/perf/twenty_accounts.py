"""Twenty accounts of one tenant at five venues, imported at once at the limits that the venues have."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.builders.parallel_imports import SYMBOLS, Bed, import_together
from tests.perf.rows import Row
from tests.servers import Servers

ACCOUNTS_A_VENUE = 4
TRADES = 250


def bench_twenty_accounts(servers: Servers) -> list[Row]:
    """Twenty workers, each with connections of its own, under one budget and from one address."""
    accounts = ACCOUNTS_A_VENUE * len(SYMBOLS)
    with tempfile.TemporaryDirectory() as folder:
        paper = servers.start_paper(Path(folder) / "paper")
        valkey_url = servers.valkey_url().rsplit("/", 1)[0] + "/8"
        bed = Bed(servers.postgres(), paper, valkey_url, Path(folder) / "vault.key")
        done = import_together(bed, accounts_a_venue=ACCOUNTS_A_VENUE, trades=TRADES)
    rows = sum(progress.rows_recorded for progress in done.progress)
    return [
        Row(name="429 and 418 to 20 accounts on 5 venues imported at once", value=done.refusals, unit="", bar="<= 0"),
        Row(
            name="accounts of them that add up to what the venue holds", value=done.whole, unit="", bar=f">= {accounts}"
        ),
        Row(name="time for all of them, at real limits", value=done.seconds, unit="s"),
        Row(name="rows recorded of them", value=rows, unit="rows"),
        Row(name="requests sent for them", value=done.requests, unit=""),
    ]
