"""How fast a history is imported, end to end."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from nightdesk.accounts.model import ImportState
from tests.builders.desk_accounts import desk_accounts
from tests.perf.rows import Row
from tests.servers import Servers

TRADES = 100_000


def bench_import(servers: Servers) -> list[Row]:
    """From the queue's message to the last entry: paper exchange over TLS, ccxt, gateway, PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        paper = servers.start_paper(Path(folder) / "paper")
        with desk_accounts(servers.postgres(), paper, Path(folder)) as desk:
            history = {"kind": "seeded", "seed": 7, "trades": TRADES, "symbols": ["BTC/USDT", "ETH/USDT"], "days": 300}
            account = desk.connect(desk.open_at_venue(history))
            started_s = time.perf_counter()
            progress = desk.import_all(account)
            elapsed_s = time.perf_counter() - started_s
    complete = progress.state is ImportState.DONE and progress.rows_skipped == 0
    return [
        Row(name="import of 100,000 trades, end to end", value=elapsed_s, unit="s", bar="<= 60"),
        Row(
            name="rows recorded of it", value=progress.rows_recorded if complete else 0, unit="rows", bar=f">= {TRADES}"
        ),
        Row(name="rows imported per second", value=progress.rows_recorded / elapsed_s, unit="rows/s"),
    ]
