"""A first connection under a budget that was made this moment: it works at once, and nothing is refused."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from nightdesk.accounts.model import Credential
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSessions
from nightdesk.adapters.redis.budget_view import RedisBudgetView
from nightdesk.kernel.assets import VenueId
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import Settings
from nightdesk.wiring_venues import shared_budget, shared_turns
from tests.servers import Servers, paper_exchange

pytestmark = pytest.mark.integration

BITFINEX = VenueId("bitfinex")
A_PERIOD_S = 55


def test_bitfinex_answers_before_its_minute_is_over(servers: Servers, tmp_path: Path) -> None:
    url = servers.valkey_url()
    known = Settings.model_validate({"balancer": "direct", "valkey_url": url})
    with paper_exchange(tmp_path / "paper") as paper, Redis.from_url(url) as client:
        for name in client.scan_iter("balancer:{bitfinex}*"):
            client.delete(name)
        made: Any = paper.admin(
            "POST", "/accounts", {"venue": "bitfinex", "history": {"kind": "empty", "balances": {"BTC": "1"}}}
        )
        balance, turns = shared_budget(known), shared_turns(known)
        sessions = ExchangeSessions(Route.parse(paper.route), SystemClock(), balance=balance, turns=turns)
        began_s = time.monotonic()
        with sessions.try_out(BITFINEX, Credential(made["key"], made["secret"])) as session:
            assert session.permissions().may_read
            assert [balance.asset for balance in session.balances()] == ["BTC"]
        took_s = time.monotonic() - began_s
        sessions.close()
        status = RedisBudgetView(client).status(BITFINEX)
    assert took_s < A_PERIOD_S
    assert (status.answered_429, status.answered_418) == (0, 0)
