"""A venue that lies moves no portfolio's value and fires no trailing stop; a crash of all venues does both.

Streamer and tracker run as processes over the paper exchange, of which one venue's prices are halved: first while the
gate does not believe them, then after it had to, because they held.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from redis import Redis

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.market_quality import PostgresQualityReads
from nightdesk.adapters.postgres.rules_desk import PostgresRuleDeskUnits
from nightdesk.contracts.live import WATCHED, portfolio_subject
from nightdesk.kernel.assets import VenueId, parse_instrument
from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.markets.quality import Cause
from nightdesk.markets.quality_ports import QualityFilter, SeenRefused
from nightdesk.rules.desk import By, RuleDesk
from nightdesk.rules.model import Mode
from nightdesk.runtime.clock import SystemClock
from tests.builders.ledger import CORRELATION, new_tenant
from tests.integration.candles.rig import Rig
from tests.integration.feed.rig import add_account, deposit
from tests.servers import Postgres

pytestmark = pytest.mark.integration

LIAR, HONEST = "binance", ("kraken", "htx")
BITCOIN = "BTC/USDT"
STOP = {"kind": "trailing_stop", "scope": {"kind": "portfolio"}, "bot_id": None, "arm_ratio": "0", "trail_ratio": "0.1"}
DEFINITION = {
    "rules": [{"name": "the stop", "condition": STOP}],
    "actions": [{"kind": "panic_sell", "scope": {"kind": "portfolio"}}],
    "repeating": False,
    "cooldown_s": 0,
    "active_hours": None,
    "policy": "stop",
}
HELD_AGAINST_S = 5


@dataclass
class Watched:
    """A tenant with one bitcoin and a trailing stop of ten per cent, and everything that is said about them."""

    rig: Rig
    tenant_id: TenantId = field(default_factory=new_tenant)
    values: list[Decimal] = field(default_factory=list)
    lasts: list[Decimal] = field(default_factory=list)

    def __post_init__(self) -> None:
        rig = self.rig
        self.database = Database(rig.url("app"))
        self.postgres = Postgres(
            port=rig.postgres.port, superuser_password=rig.postgres.password, passwords=rig.passwords
        )
        with self.database.transaction(tenant_id=self.tenant_id) as connection:
            connection.execute("INSERT INTO tenants VALUES (%s, 'desk', 'USDT', now())", (self.tenant_id,))
        account = add_account(self.postgres, self.tenant_id)
        deposit(self.database, self.tenant_id, account, ("BTC", "1"))
        self.valkey = Redis.from_url(rig.valkey.url)
        self.valkey.zadd(WATCHED, {str(self.tenant_id): time.time() + 3600})
        self.heard: Any = self.valkey.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self.heard.subscribe(portfolio_subject(self.tenant_id), f"ticker.{LIAR}.usdt.btc")

    def arm(self) -> UUID:
        """A live trailing stop over the portfolio."""
        desk = RuleDesk(PostgresRuleDeskUnits(self.database), SystemClock(), uuid4, shadow_least=timedelta(0))
        by = By(self.tenant_id, UserId(uuid4()), CORRELATION)
        row = desk.create(by, "stop", DEFINITION)
        token, _ = desk.confirm(by, row.rule_set.rule_set_id, 1)
        desk.set_mode(by, row.rule_set.rule_set_id, Mode.LIVE, version=1, confirmation=token)
        return row.rule_set.rule_set_id

    def last(self, venue: str) -> Decimal | None:
        document: bytes | None = self.valkey.hget(f"prices:{venue}", BITCOIN)  # type: ignore[assignment]
        return None if document is None else Decimal(json.loads(document)["last"])

    def listen(self) -> None:
        """Take in what was published since."""
        while (message := self.heard.get_message(timeout=0.01)) is not None:
            told = json.loads(message["data"])
            if message["channel"].startswith(b"ticker."):
                self.lasts.append(Decimal(told["last"]))
            elif told["total"]["complete"]:
                self.values.append(Decimal(told["total"]["value"]))

    def until(self, true: Callable[[], bool]) -> None:
        def listened() -> bool:
            self.listen()
            return true()

        self.rig.wait(listened)

    def refused(self) -> list[SeenRefused]:
        return list(PostgresQualityReads(self.database).samples(parse_instrument(f"{LIAR}:{BITCOIN}"), None, 50))

    def count(self, query: str) -> int:
        with psycopg.connect(self.rig.postgres.url()) as connection:
            row = connection.execute(query.encode()).fetchone()
        return int(row[0]) if row else 0

    def stops_fired(self) -> int:
        return self.count("SELECT count(*) FROM rule_candidates")

    def is_trailing(self) -> bool:
        return self.count("SELECT count(*) FROM rule_states WHERE state::text LIKE '%best%'") > 0

    def close(self) -> None:
        self.heard.close()
        self.valkey.close()
        self.database.close()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    rig = Rig(tmp_path)
    rig.paper = rig.servers.start_paper(rig.folder / "paper")
    made = Watched(rig)
    rig.start(
        "streamer",
        "market_streamer",
        streams_venues=",".join((LIAR, *HONEST)),
        streams_symbols=BITCOIN,
        streams_markets_max="1",
        quality_hold_against_s=str(HELD_AGAINST_S),
    )
    rig.start("tracker", "portfolio_tracker", database_url=rig.url("tracker"))
    yield made
    made.close()
    rig.stop()


def fault(watched: Watched, **what: object) -> None:
    assert watched.rig.paper is not None
    watched.rig.paper.admin("POST", "/faults", {"path": "BTC/", **what})


def test_lie_moves_no_value_and_fires_no_stop_but_a_crash_does(watched: Watched) -> None:
    watched.until(lambda: all(watched.last(venue) for venue in (LIAR, *HONEST)) and bool(watched.values))
    watched.arm()
    watched.until(watched.is_trailing)
    truth = watched.values[-1]

    fault(watched, kind="price_off", ratio="0.5", venue=LIAR)
    watched.until(lambda: any(each.cause is Cause.SPIKE for each in watched.refused()))
    spike = next(each for each in watched.refused() if each.cause is Cause.SPIKE)
    assert spike.last is not None
    assert Decimal(spike.last) < truth * Decimal("0.6")
    assert spike.sources >= len(HONEST)
    assert min(watched.lasts) > truth * Decimal("0.9")

    watched.until(lambda: min(watched.lasts) < truth * Decimal("0.6"))  # it held its level: the gate believes it
    seen = len(watched.values)
    watched.until(lambda: len(watched.values) > seen + 8)
    assert all(truth * Decimal("0.95") < value < truth * Decimal("1.05") for value in watched.values)
    assert watched.stops_fired() == 0

    fault(watched, kind="price_off", ratio="0.5")
    watched.until(lambda: watched.values[-1] < truth * Decimal("0.6"))
    watched.until(lambda: watched.stops_fired() > 0)


def test_crossed_quotes_stuck_prices_and_wrong_instants_are_noticed(watched: Watched) -> None:
    watched.until(lambda: all(watched.last(venue) for venue in (LIAR, *HONEST)))
    fault(watched, kind="quote_crossed", venue=LIAR)
    watched.until(lambda: Cause.CROSSED in {each.cause for each in watched.refused()})
    fault(watched, kind="time_wrong", delay_ms=50_000, venue=LIAR)
    watched.until(lambda: Cause.FUTURE in {each.cause for each in watched.refused()})

    since, reads = SystemClock().now() - timedelta(hours=1), PostgresQualityReads(watched.database)
    wanted = QualityFilter(venue=VenueId(LIAR), symbol=BITCOIN, refused=True)
    assert reads.page(wanted, since, None, 10).counts.keys() >= {Cause.CROSSED, Cause.FUTURE}
    watched.until(lambda: [row.standing.sources for row in reads.page(wanted, since, None, 9).rows] == [len(HONEST)])
