"""A desk of its own whose accounts are followed by a streamer process, at a paper exchange of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote
from uuid import uuid4

import psycopg
import redis

from nightdesk.accounts.model import Account, AccountRef, Credential, ImportState
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads
from nightdesk.ledger.model import Entry
from nightdesk.ledger.service import LedgerService
from stacks.local.measuring import measured
from stacks.local.ports import free_port
from tests.builders.desk_accounts import CORRELATION, DeskAccounts
from tests.servers import ROOT, Paper, Postgres, Servers, end_process, paper_exchange

FILL = {"symbol": "BTC/USDT", "side": "buy", "quantity": "0.01", "price": "50000"}
_TRADES = """
    SELECT identity FROM ledger_entries WHERE account_id = %s AND kind = 'trade' ORDER BY sequence
"""


@dataclass(slots=True)
class Rig:
    """The desk, the process and what it wrote."""

    desk: DeskAccounts
    valkey_url: str
    folder: Path
    health_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    credentials: dict[Any, Credential] = field(default_factory=dict)

    def start(self, **settings: str) -> None:
        """Run the streamer."""
        own = {
            "database_url": self.desk.postgres.url("app"),
            "vault_database_url": self.desk.postgres.url("gateway"),
            "valkey_url": self.valkey_url,
            "vault_key": f"file:{self.desk.key_file}",
            "venues_route": self.desk.paper.route,
            "health_port": str(self.health_port),
            "account_streams_stale_after_s": "3",
            **settings,
        }
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}", **measured()}
        environment |= {f"NIGHTDESK_{name.upper()}": value for name, value in own.items()}
        command = [sys.executable, "-m", "fargate.account_streamer"]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """Kill it with -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def end(self) -> int:
        """Ask it to stop; its exit code."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(12)
        self.process = None
        return code

    @property
    def log_file(self) -> Path:
        return self.folder / "streamer.log"

    def log(self) -> str:
        """What it wrote."""
        return self.log_file.read_text()

    def health(self) -> dict[str, Any]:
        """What it says of itself; nothing while it starts."""
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.health_port}/health", timeout=2) as it:
            return cast("dict[str, Any]", json.loads(it.read()))
        return {"accounts": {}}

    def account(self, **history: Any) -> Account:
        """An account, connected and imported."""
        account = self.connected(**history)
        assert self.desk.import_all(account).state is ImportState.DONE
        return account

    def connected(self, **history: Any) -> Account:
        """An account whose import waits."""
        told = history or {"kind": "empty", "balances": {"USDT": "10000000", "BTC": "5", "BNB": "10"}}
        credential = self.desk.open_at_venue(told)
        account = self.desk.connect(credential, label=uuid4().hex[:8])
        self.credentials[account.account_id] = credential
        return account

    def fill(self, account: Account, **told: Any) -> list[str]:
        """Fills at the venue; the identities they must have in the ledger."""
        key, body = self.credentials[account.account_id].key, FILL | told
        answer = cast("dict[str, Any]", self.desk.paper.admin("POST", f"/accounts/{key}/fills", body))
        market = str(body["symbol"]).replace("/", "")
        return [f"trade:{market}:{number}" for number in answer["trade_ids"]]

    def trades(self, account: Account) -> list[str]:
        """The ledger's trades."""
        return [identity for (identity,) in self.desk.rows(_TRADES, account.account_id)]

    def entries(self, account: Account) -> list[Entry]:
        """The ledger of an account."""
        with PostgresLedgerReads(self.desk.app)(account.tenant_id) as store:
            return list(store.chain(account.tenant_id, account.account_id))

    def another_desk(self, account: Account) -> Account:
        """The same account at the venue, imported by another tenant."""
        other = DeskAccounts(postgres=self.desk.postgres, paper=self.desk.paper, key_file=self.desk.key_file)
        try:
            imported = other.connect(self.credentials[account.account_id], venue=account.venue)
            assert other.import_all(imported).state is ImportState.DONE
        finally:
            other.close()
        return imported

    def seal_again(self, account: Account) -> None:
        """Connect the same key again, as if it were another."""
        ref = AccountRef(
            tenant_id=account.tenant_id,
            account_id=account.account_id,
            venue=account.venue,
            correlation_id=CORRELATION,
        )
        self.desk.custody.connect(ref, self.credentials[account.account_id])

    def live(self, count: int = 1) -> None:
        """Wait until so many accounts are followed live."""
        self.wait(lambda: self.health()["accounts"].get("live", 0) == count, f"{count} live")

    def rounds(self) -> int:
        """How often an account was compared with its venue."""
        return self.log().count('"message":"reconciled"')

    def reconciled(self, since: int = 0) -> None:
        """Wait until an account was compared with its venue once more."""
        self.wait(lambda: self.rounds() > since, "reconciled")

    def lands(self, account: Account, identities: list[str], within_s: float = 60) -> None:
        """Wait until these trades are in the ledger; each once, and none besides."""
        self.wait(lambda: len(self.trades(account)) >= len(identities), f"{len(identities)} trades", within_s)
        assert sorted(self.trades(account)) == sorted(identities)

    def wait(self, true: Callable[[], bool], what: str, within_s: float = 60) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < deadline, f"{what}: {self.health()}\n{self.log()[-3000:]}"
            assert self.process is None or self.process.poll() is None, self.log()[-3000:]
            time.sleep(0.02)

    def fault(self, kind: str, **told: Any) -> None:
        """Switch a fault on."""
        self.desk.paper.admin("POST", "/faults", {"kind": kind, **told})

    def mend(self) -> None:
        """Switch every fault off."""
        self.desk.paper.admin("DELETE", "/faults")

    def agrees(self, account: Account) -> None:
        """The ledger is whole and moved by exactly what the venue's balances moved by; so are the holdings."""
        reports = LedgerService(PostgresLedgerReads(self.desk.app)).verify(self.desk.tenant_id, account.account_id)
        assert all(report.ok for report in reports)
        sums = dict(self.desk.rows(_SUMS, account.account_id))
        held = dict(self.desk.rows("SELECT asset, quantity FROM holdings WHERE account_id = %s", account.account_id))
        assert held == sums
        assert not self.desk.rows("SELECT FROM holdings WHERE account_id = %s AND stale", account.account_id)

    def venue_balances(self, account: Account) -> dict[str, Decimal]:
        """What the venue holds for the account."""
        key = quote(self.credentials[account.account_id].key, safe="")
        shown = cast("dict[str, Any]", self.desk.paper.admin("GET", f"/accounts/{key}"))
        return {asset: Decimal(each["free"]) + Decimal(each["locked"]) for asset, each in shown["balances"].items()}

    def reported(self, account: Account) -> dict[str, Decimal]:
        """What we believe the venue holds."""
        query = "SELECT asset, free + locked FROM reported_balances WHERE account_id = %s AND free + locked > 0"
        return dict(self.desk.rows(query, account.account_id))

    @contextmanager
    def database_away(self) -> Iterator[None]:
        """Nobody is connected to the database inside the block, nor can be."""
        postgres = self.desk.postgres
        allow = f"ALTER DATABASE {postgres.database} ALLOW_CONNECTIONS %s"
        with psycopg.connect(replace(postgres, database="postgres").url("superuser"), autocommit=True) as superuser:
            superuser.execute((allow % "false").encode())
            superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [postgres.database]
            )
            try:
                yield
            finally:
                superuser.execute((allow % "true").encode())

    @contextmanager
    def news(self) -> Iterator[Callable[[], list[dict[str, Any]]]]:
        """What is told of the tenant's ledger inside the block."""
        with redis.Redis.from_url(self.valkey_url) as client, client.pubsub(ignore_subscribe_messages=True) as heard:
            heard.subscribe(f"ledger.{self.desk.tenant_id}")
            heard.get_message(timeout=1)
            told: list[dict[str, Any]] = []

            def so_far() -> list[dict[str, Any]]:
                while message := heard.get_message(timeout=0.05):
                    told.append(json.loads(message["data"]))
                return told

            yield so_far


_SUMS = "SELECT asset, sum(amount) FROM ledger_legs WHERE account_id = %s GROUP BY asset"


@contextmanager
def rig(servers: Servers, folder: Path, paper: Paper | None = None) -> Iterator[Rig]:
    """A rig with a database of its own: a streamer follows every account that it finds."""
    with ExitStack() as stack:
        venue = paper or stack.enter_context(paper_exchange(folder / "paper"))
        yield from _followed_at(venue, servers, folder)


def _followed_at(venue: Paper, servers: Servers, folder: Path) -> Iterator[Rig]:
    postgres = own_database(servers.postgres())
    venue.admin(
        "POST",
        "/limits",
        {
            "account_weight_a_minute": 10**9,
            "weight_a_minute": 10**9,
            "wallet_weight_a_minute": 10**9,
            "futures_weight_a_minute": 10**9,
        },
    )
    desk = DeskAccounts(postgres=postgres, paper=venue, key_file=folder / "vault.key")
    made = Rig(desk, servers.valkey_url(), folder)
    try:
        yield made
    finally:
        if made.process is not None:
            end_process(made.process)
        desk.close()


def own_database(postgres: Postgres) -> Postgres:
    """A migrated database that nobody else uses, on the same server."""
    return postgres.another("streams")
