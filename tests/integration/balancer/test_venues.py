"""A history read under the shared budget at the limits that its venue has: nothing is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from nightdesk.accounts.model import Credential, Cursor, KnownHistory
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSessions
from nightdesk.adapters.redis.budget_view import RedisBudgetView
from nightdesk.kernel.assets import VenueId
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import Settings
from nightdesk.wiring_venues import shared_budget
from tests.servers import Servers, paper_exchange

pytestmark = pytest.mark.integration

HTX = VenueId("htx")
TRADES = 200


def read_all(sessions: ExchangeSessions, venue: VenueId, credential: Credential) -> set[str]:
    """Every trade's identity."""
    found: set[str] = set()
    with sessions.try_out(venue, credential) as session:
        for start in session.streams(KnownHistory()):
            cursor: Cursor = start.cursor
            while True:
                page = session.history_page(start.stream, cursor)
                found |= {fact.identity for fact in page.facts if fact.instrument}
                cursor = page.cursor
                if page.finished:
                    break
        assert session.balances()
    return found


def test_sixty_windows_of_htx_pass_its_ten_a_second(servers: Servers, tmp_path: Path) -> None:
    known = Settings.model_validate({"balancer": "direct", "valkey_url": servers.valkey_url()})
    with paper_exchange(tmp_path / "paper") as paper, Redis.from_url(servers.valkey_url()) as client:
        client.flushdb()
        sessions = ExchangeSessions(Route.parse(paper.route), SystemClock(), balance=shared_budget(known))
        history = {"kind": "seeded", "trades": TRADES, "seed": 9, "days": 90, "symbols": ["BTC/USDT", "ETH/USDT"]}
        made: Any = paper.admin("POST", "/accounts", {"venue": "htx", "history": history})
        assert len(read_all(sessions, HTX, Credential(made["key"], made["secret"]))) == TRADES
        status = RedisBudgetView(client).status(HTX)
        assert sum(wait.granted for wait in status.waits) > 60
        assert (status.answered_429, status.answered_418) == (0, 0)
        sessions.close()
