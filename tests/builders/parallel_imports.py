"""Many accounts of one tenant at all five venues, imported at once under the shared budget, at real limits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from redis import Redis

from nightdesk.accounts.model import Account, Credential, ImportProgress, ImportState
from nightdesk.adapters.redis.budget_view import RedisBudgetView
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.ids import TenantId
from nightdesk.runtime.settings import Settings
from nightdesk.wiring_venues import shared_budget, shared_turns
from tests.builders.desk_accounts import DeskAccounts
from tests.servers import Paper, Postgres

SYMBOLS = {
    "binance": ["BTC/USDT", "ETH/USDT"],
    "bitfinex": ["BTC/USD", "ETH/USD"],
    "coinbase": ["BTC/USD", "ETH/USD"],
    "htx": ["BTC/USDT", "ETH/USDT"],
    "kraken": ["BTC/USD", "ETH/USD"],
}
REFUSED = (418, 429)
_SUMS = "SELECT asset, sum(amount) FROM ledger_legs WHERE account_id = %s GROUP BY asset"


@dataclass(frozen=True, slots=True)
class Bed:
    """What the imports share: one database, one venue, one budget."""

    postgres: Postgres
    paper: Paper
    valkey_url: str
    key_file: Path

    def desk(self, tenant_id: TenantId | None = None) -> DeskAccounts:
        """A desk with connections of its own, as each instance of the gateway has."""
        here = Settings.model_validate({"balancer": "direct", "valkey_url": self.valkey_url})
        return DeskAccounts(
            postgres=self.postgres,
            paper=self.paper,
            key_file=self.key_file,
            balance=shared_budget(here),
            turns=shared_turns(here),
            tenant_id=tenant_id or TenantId(uuid4()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of it.

    Attributes:
        whole: Accounts whose ledger adds up to what the venue holds, with no row left aside.
        refusals: Answers of 429 and 418 by any venue, and whatever else told of a limit.
    """

    progress: tuple[ImportProgress, ...]
    whole: int
    refusals: int
    requests: int
    seconds: float


def import_together(bed: Bed, *, accounts_a_venue: int, trades: int, days: int = 30) -> Imported:
    """Connect so many accounts at each venue and import them all, each by a worker of its own."""
    with Redis.from_url(bed.valkey_url) as client:
        client.flushdb()
    desk = bed.desk()
    try:
        opened = [
            _opened(desk, venue, {"seed": 30 + seed, "trades": trades, "days": days})
            for seed in range(accounts_a_venue)
            for venue in sorted(SYMBOLS)
        ]
        started_s = time.perf_counter()
        with ThreadPoolExecutor(len(opened)) as workers:
            progress = tuple(workers.map(lambda one: _import(bed, desk.tenant_id, one[0]), opened))
        seconds = time.perf_counter() - started_s
        whole = sum(_is_whole(desk, *one, came) for one, came in zip(opened, progress, strict=True))
        requests, refusals = _counted(bed)
        return Imported(progress=progress, whole=whole, refusals=refusals, requests=requests, seconds=seconds)
    finally:
        desk.close()


def _opened(desk: DeskAccounts, venue: str, past: dict[str, int]) -> tuple[Account, Credential]:
    history = {"kind": "seeded", **past, "symbols": SYMBOLS[venue]}
    credential = desk.open_at_venue(history, venue=venue)
    return desk.connect(credential, f"{venue} {past['seed']}", venue=venue), credential


def _import(bed: Bed, tenant_id: TenantId, account: Account) -> ImportProgress:
    """As a queue would have it: taken again when the venue's limits have let time pass."""
    desk = bed.desk(tenant_id)
    try:
        while (progress := desk.import_all(account)).state.is_open:
            time.sleep(max((delay_s for _, delay_s in desk.queue.waiting), default=1))
        return progress
    finally:
        desk.close()


def _is_whole(desk: DeskAccounts, account: Account, credential: Credential, progress: ImportProgress) -> bool:
    booked = {asset: amount for asset, amount in desk.rows(_SUMS, account.account_id) if amount}
    ended = (progress.state, progress.rows_skipped) == (ImportState.DONE, 0)
    return ended and booked == _held(desk.paper, credential)


def _held(paper: Paper, credential: Credential) -> dict[str, Decimal]:
    shown: Any = paper.admin("GET", f"/accounts/{quote(credential.key, safe='')}")
    return {asset: Decimal(each["free"]) + Decimal(each["locked"]) for asset, each in shown["balances"].items()}


def _counted(bed: Bed) -> tuple[int, int]:
    """Requests, and those that were refused for their number; Kraken refuses with 200, so the budget is asked too."""
    shown: Any = bed.paper.admin("GET", "/statistics")
    answered = sum(shown["by_status"].get(str(status), 0) for status in REFUSED)
    return shown["requests"], answered + _told_to_the_budget(bed.valkey_url, sorted(SYMBOLS))


def _told_to_the_budget(valkey_url: str, venues: Sequence[str]) -> int:
    with Redis.from_url(valkey_url) as client:
        told = [RedisBudgetView(client).status(VenueId(venue)) for venue in venues]
    return sum(status.answered_429 + status.answered_418 for status in told)
