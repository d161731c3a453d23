"""The gateway's sessions under the shared budget, and without Valkey."""

import secrets
import time
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from pydantic import SecretStr
from redis import Redis

from nightdesk.accounts.model import AccountRef, Credential
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSessions
from nightdesk.adapters.redis.budget_view import RedisBudgetView
from nightdesk.balancer.request import key_print
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import Settings
from nightdesk.wiring_venues import shared_budget
from stacks.local.ports import free_port
from stacks.local.valkey import ValkeyServer
from tests.fakes.clock import NOON
from tests.perf.balancer_bed import Bed

pytestmark = pytest.mark.integration
BINANCE = VenueId("binance")


def sessions(made: Bed, valkey_url: str, balancer: str) -> ExchangeSessions:
    here = Settings.model_validate(
        {
            "balancer": balancer,
            "balancer_calendar_speed": made.speed,
            "valkey_url": valkey_url,
            "forwarder_secret": SecretStr(made.secret),
        }
    )
    return ExchangeSessions(Route.parse(made.paper.route), SystemClock(), balance=shared_budget(here))


@pytest.mark.parametrize(("balancer", "egresses"), [("forwarders", {"egress-1", "egress-3"}), ("direct", {"own"})])
def test_the_gateway_asks_under_the_budget(trial: Bed, balancer: str, egresses: set[str]) -> None:
    url = trial.valkey if balancer == "forwarders" else trial.valkey[:-1] + "8"
    with Redis.from_url(url) as client:
        if balancer == "direct":
            client.flushdb()
        opened = sessions(trial, url, balancer)
        assert len(opened.tickers(BINANCE)) > 10
        opened.close()
        status = RedisBudgetView(client, calendar_speed=trial.speed).status(BINANCE)

    alive = {one.egress for one in status.egresses if one.alive}
    assert alive >= egresses
    assert sum(wait.granted for wait in status.waits) >= 1
    assert (status.answered_429, status.answered_418) == (0, 0)


def test_who_sends_by_itself_spends_its_own_budget_although_there_are_forwarders(trial: Bed) -> None:
    with Redis.from_url(trial.valkey) as client:
        client.delete(*client.scan_iter("answers:*"), "answers:none")
        opened = sessions(trial, trial.valkey, "direct")
        assert opened.tickers(BINANCE)
        opened.close()
        charged = list(client.scan_iter("balancer:{binance}:w:weight:own:*"))
        client.hdel("balancer:{binance}:egresses", "own")
    assert charged


@pytest.mark.parametrize("ip_bound", [True, False])
def test_a_key_that_the_venue_ties_to_an_address_stays_where_it_worked(trial: Bed, *, ip_bound: bool) -> None:
    made = trial.account(f"tied-{ip_bound}")
    credential = Credential(made["key"], made["secret"], ip_bound=ip_bound)
    account = AccountRef(
        tenant_id=TenantId(uuid4()),
        account_id=AccountId(uuid4()),
        venue=BINANCE,
        correlation_id=CorrelationId("correlation-1"),
    )
    key = key_print(credential.key)
    with Redis.from_url(trial.valkey) as client:

        def egress() -> bytes | None:
            return cast("bytes | None", client.hget("balancer:{binance}:bound", key))

        opened = sessions(trial, trial.valkey, "forwarders")
        with opened.try_out(BINANCE, credential) as tried:
            tried.permissions()
        tried_on = egress()
        assert tried_on is not None
        client.hset("balancer:{binance}:bound", key, "egress-of-another-time")
        if ip_bound:
            with pytest.raises(NightdeskError):  # rather not at all than from where the venue refuses the key
                opened.session(account, NOON, lambda: credential).balances()
            client.hset("balancer:{binance}:bound", key, tried_on)
        opened.session(account, NOON, lambda: credential).balances()
        assert (egress() == tried_on) is ip_bound
        opened.close()


def test_with_valkey_killed_nothing_is_sent_and_headers_tell_after_it_came_back(trial: Bed, tmp_path: Path) -> None:
    def valkey(port: int) -> ValkeyServer:
        return ValkeyServer(tmp_path / secrets.token_hex(4), port=port, password="x")

    port = free_port()
    with valkey(port) as first:
        opened = sessions(trial, first.url, "direct")
        assert opened.tickers(BINANCE)
        first.end_leftover()  # with SIGKILL
    time.sleep(0.5)  # until the kept answer is old
    sent = trial.statistics()["requests"]
    with pytest.raises(Unavailable):
        opened.tickers(BINANCE)
    assert trial.statistics()["requests"] == sent
    with valkey(port) as second:
        assert opened.tickers(BINANCE)
        opened.close()
        with Redis.from_url(second.url) as client:
            (own,) = RedisBudgetView(client, calendar_speed=trial.speed).status(BINANCE).egresses
    weight = next(limit for limit in own.limits if limit.limit == "weight")
    assert weight.used > 0
