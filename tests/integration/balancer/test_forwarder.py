"""Forwarders in front of the paper exchange: for the desk, and for a foreign bot on unmodified ccxt."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from nightdesk.adapters.exchange.lazy_ccxt import client_class
from tests.perf.balancer_bed import ADDRESSES, Bed
from tests.perf.balancer_failover import ACCOUNTS, ORDERS_EACH
from tests.perf.balancer_failover import trial as failover

pytestmark = pytest.mark.integration
TIME = "https://api.binance.com/api/v3/time"


def status_of(url: str, headers: dict[str, str], method: str = "GET") -> int:
    request = urllib.request.Request(url, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def with_bot(made: Bed, do: Callable[[Any], Awaitable[Any]], **account: str) -> Any:
    """Let an unmodified client of ccxt, set up as the manual says, do something."""

    async def story() -> Any:
        bot = client_class("binance")({"apiKey": account.get("key"), "secret": account.get("secret")})
        bot.proxyUrl = made.urls["egress-1"] + "/proxy/"
        bot.headers["X-Forwarder-Token"] = made.tokens["bot-1"]
        bot.check_conflicting_proxies = lambda *_: None
        try:
            return await do(bot)
        finally:
            await bot.close()

    return asyncio.run(story())


def test_a_foreign_bot_reads_and_trades_under_the_budget(trial: Bed) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001"}

    async def story(bot: Any) -> Any:
        await bot.public_get_ticker_24hr({"symbol": "BTCUSDT"})
        placed = await bot.private_post_order({**order, "price": "50000"})
        return await bot.private_get_openorders({"symbol": "BTCUSDT"}), placed

    open_orders, placed = with_bot(trial, story, **trial.account("bot"))
    assert [one["orderId"] for one in open_orders] == [placed["orderId"]]


@pytest.mark.parametrize(
    ("target", "token", "status"),
    [
        (TIME, "", 403),
        (TIME, "wrong", 403),
        ("https://example.com/", None, 400),
        ("http://api.binance.com/api/v3/time", None, 400),
        ("https://api.binance.com@127.0.0.1/", None, 400),
        ("https://api.binance.com:8443/", None, 400),
        ("https://169.254.169.254/latest/meta-data", None, 400),
        (TIME, None, 200),
    ],
)
def test_only_a_known_bot_reaches_only_venues(trial: Bed, target: str, token: str | None, status: int) -> None:
    shown = trial.tokens["bot-1"] if token is None else token
    assert status_of(f"{trial.urls['egress-1']}/proxy/{target}", {"X-Forwarder-Token": shown}) == status


def test_the_desks_door_asks_for_the_desks_secret(trial: Bed) -> None:
    url = f"{trial.urls['egress-1']}/v1/forward"

    assert status_of(url, {"X-Forward-Url": TIME}, "POST") == 403
    assert status_of(url, {"X-Forward-Url": TIME, "X-Forward-Secret": trial.secret}, "POST") == 200
    assert status_of(url, {"X-Forward-Url": "https://evil.example/", "X-Forward-Secret": trial.secret}, "POST") == 400


def test_each_forwarder_is_alive_and_tells_its_counts(trial: Bed) -> None:
    for name, url in trial.urls.items():
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            told = json.loads(answer.read())
        assert (told["status"], told["egress"]) == ("ok", name)
    assert len(trial.urls) == len(ADDRESSES)


def test_nothing_is_lost_when_an_egress_is_killed(trial: Bed) -> None:
    accounts = [trial.account(f"account-{number}") for number in range(ACCOUNTS)]
    outcome = asyncio.run(failover(trial, accounts))

    assert outcome.orders.total() == outcome.reads["answered"] == ACCOUNTS * ORDERS_EACH
    assert outcome.doubled == 0
    assert trial.statistics()["rate_limited"] == trial.statistics()["banned"] == 0
