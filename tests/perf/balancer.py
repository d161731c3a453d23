"""The balancer under load, beside plain ccxt clients with the same workload.

The calendar of limits runs four times faster than real on both sides: a window of 6,000 weight lasts 15 s, so that ten
of them pass in two and a half minutes. Everything else (signatures, networks, time-outs) is real. Traffic stays on
127.0.0.0/8.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from redis.asyncio import Redis

from nightdesk.adapters.redis.balancer import RedisBudget
from nightdesk.balancer.model import Ask, Egress, EgressName, Grant, Priority, Report
from nightdesk.balancer.request import take_apart
from nightdesk.balancer.tables import shape_of
from nightdesk.kernel.assets import VenueId
from tests.perf.balancer_bed import ADDRESSES, LIMIT, Bed, bed, run_load
from tests.perf.rows import Row, percentile
from tests.servers import Servers

SPEED = 4
WINDOWS = 10
PROCESSES = 3
TENANTS = 10
GREEDY_WORKERS = 46
"""The first tenant's; each of the others has six."""

BOTS = tuple(f"bot-{number}" for number in range(10))
PRICE = "50000"
BINANCE = VenueId("binance")


def bench_acquire(servers: Servers) -> list[Row]:
    """One caller, a hundred tenants known, three egresses."""
    return asyncio.run(_acquire(servers.valkey_url().rsplit("/", 1)[0] + "/6"))


async def _acquire(url: str) -> list[Row]:
    client = Redis.from_url(url)
    await client.flushdb()
    budget = RedisBudget(client)
    for name in "abc":
        await budget.lease(BINANCE, Egress(name=EgressName(name), url="http://x", address=""), 600_000)
    request = take_apart(BINANCE, "GET", "https://api.binance.com/api/v3/klines?symbol=BTCUSDT")
    costs = shape_of(request).costs
    took_ms = []
    for number in range(3_000):
        ask = Ask(venue=BINANCE, costs=costs, priority=Priority.HISTORY, tenant=f"t{number % 100}")
        started_s = time.perf_counter()
        outcome = await budget.acquire(ask)
        took_ms.append((time.perf_counter() - started_s) * 1000)
        if isinstance(outcome, Grant):
            used = {charge.limit.id: 1 for charge in outcome.charges if charge.limit.header}
            await budget.report(Report(grant=outcome, priority=ask.priority, used=used))
    await client.flushdb()
    await client.aclose()
    return [
        Row(name="balancer: acquire, p50", value=percentile(took_ms, 0.5), unit="ms", bar="<= 1"),
        Row(name="balancer: acquire, p99", value=percentile(took_ms, 0.99), unit="ms"),
    ]


def bench_shared_budget(servers: Servers) -> list[Row]:
    """100 workers and 10 foreign bots for ten windows; then two windows of the same with plain ccxt."""
    with bed(servers, "balancer", SPEED, BOTS) as made:
        accounts = [made.account(f"tenant-{number}") for number in range(TENANTS)]
        balanced = run_load(made, jobs_of(made, accounts, "balanced"), WINDOWS * made.window_s)
        made.forget()
        plain = run_load(made, jobs_of(made, accounts, "plain"), 2 * made.window_s)
    return _rows(balanced, plain)


def jobs_of(made: Bed, accounts: list[dict[str, str]], mode: str) -> list[dict[str, Any]]:
    """100 workers of ten tenants, their traders, and ten foreign bots; a job for each process."""
    tenants = [0] * GREEDY_WORKERS + [1 + number % (TENANTS - 1) for number in range(100 - GREEDY_WORKERS)]
    workers = [
        {
            **accounts[tenant],
            "tenant": f"tenant-{tenant}",
            "number": number,
            "back_fills": True,
            "orders": False,
        }
        for number, tenant in enumerate(tenants)
    ]
    traders = [{**workers[tenants.index(tenant)], "back_fills": False, "orders": True} for tenant in range(TENANTS)]
    common = {"mode": mode, "addresses": ADDRESSES, "price": PRICE}
    jobs = [{**common, "workers": workers[start::PROCESSES]} for start in range(PROCESSES)]
    jobs.append({**common, "mode": mode, "workers": traders})  # on the desk, too, another process sends orders
    return [*jobs, {**common, "mode": "plain", "workers": _bots(made, accounts, mode)}]


def _bots(made: Bed, accounts: list[dict[str, str]], mode: str) -> list[dict[str, Any]]:
    urls = list(made.urls.values())
    return [
        {
            **accounts[number],
            "tenant": name,
            "number": number,
            "back_fills": False,
            "orders": False,
            "proxy": urls[number % len(urls)] if mode == "balanced" else "",
            "token": made.tokens[name],
        }
        for number, name in enumerate(BOTS)
    ]


def _rows(balanced: dict[str, Any], plain: dict[str, Any]) -> list[Row]:
    ours, theirs = balanced["statistics"], plain["statistics"]
    allowed = LIMIT * len(ADDRESSES) * WINDOWS
    asked = sum(balanced["asked"].values())
    fair = sum(weight for name, weight in balanced["weight_by_tenant"].items() if name.startswith("tenant")) / TENANTS
    least = min(balanced["weight_by_tenant"].get(f"tenant-{number}", 0) for number in range(TENANTS))
    print("balanced:", balanced["asked"], balanced["failed"], dict(balanced["weight_by_tenant"]))
    print("balanced at the venue:", ours["by_endpoint"], ours["by_status"])
    print("plain:", plain["asked"], plain["failed"].most_common(6))
    print("plain at the venue:", theirs["by_endpoint"], theirs["by_status"])
    peer = "plain ccxt clients"
    return [
        Row(
            name="balancer: answers 429 and 418 in ten windows",
            value=ours["rate_limited"] + ours["banned"],
            unit="answers",
            bar="<= 0",
            peer=f"{peer} in two windows: {theirs['rate_limited']} x 429, {theirs['banned']} x 418",
        ),
        Row(
            name="balancer: allowed weight that was used",
            value=100 * balanced["in_time"]["weight_used"] / allowed,
            unit="%",
            bar=">= 95",
        ),
        Row(
            name="balancer: orders' wait for a place, p99",
            value=percentile(balanced["order_waits_ms"], 0.99),
            unit="ms",
            bar="<= 200",
        ),
        Row(name="balancer: orders' wait, p50", value=percentile(balanced["order_waits_ms"], 0.5), unit="ms"),
        Row(name="balancer: orders sent", value=len(balanced["order_waits_ms"]), unit="orders"),
        Row(name="balancer: least tenant's part of its fair share", value=100 * least / fair, unit="%", bar=">= 50"),
        Row(
            name="balancer: calls to the venue saved",
            value=100 * (1 - ours["requests"] / asked),
            unit="%",
            bar=">= 62",
            peer="the same calls without it",
        ),
        Row(
            name="plain ccxt: part of its calls that failed",
            value=100 * sum(plain["failed"].values()) / max(1, sum(plain["asked"].values())),
            unit="%",
        ),
    ]
