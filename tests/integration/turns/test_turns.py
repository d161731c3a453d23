"""Turns of keys: two processes with one key at a venue that counts nonces are never refused."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis

from nightdesk.accounts.model import Credential
from nightdesk.adapters.redis.balancer import budget_client
from nightdesk.adapters.redis.turns import ValkeyTurns
from nightdesk.balancer.model import KeyPrint
from nightdesk.kernel.errors import Unavailable
from stacks.local.ports import free_port
from tests.servers import ROOT, Paper, Servers, paper_exchange

pytestmark = pytest.mark.integration

LIMITS = {
    "bitfinex": {"requests_permille": 100_000},
    "kraken": {"counter_max": 100_000, "engine_max": 100_000, "public_max": 100_000},
}
TIMES = 12
"""Below what one process allows itself at the venues within a minute."""


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    with paper_exchange(tmp_path_factory.mktemp("paper")) as made:
        for venue, limits in LIMITS.items():
            made.admin("POST", "/limits", {"venue": venue, **limits})
        yield made


@pytest.fixture
def key() -> KeyPrint:
    return KeyPrint(uuid4().hex[:16])


def hammering(paper: Paper, venue: str, valkey_url: str, credential: Credential) -> subprocess.Popen[str]:
    told = [venue, paper.route, valkey_url, "off", credential.key, str(TIMES)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}", "SECRET": credential.secret}
    command = [sys.executable, "-m", "tests.integration.turns.hammer", *told]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("venue", sorted(LIMITS))
def test_two_processes_that_hammer_one_key_are_never_refused(servers: Servers, paper: Paper, venue: str) -> None:
    made: Any = paper.admin(
        "POST", "/accounts", {"venue": venue, "history": {"kind": "empty", "balances": {"BTC": "1"}}}
    )
    credential = Credential(made["key"], made["secret"])
    processes = [hammering(paper, venue, servers.valkey_url(), credential) for _ in range(2)]
    told = [process.communicate(timeout=120)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert told == ["0", "0"]
    with Redis.from_url(servers.valkey_url()) as valkey:
        kept = str({name: valkey.get(name) for name in valkey.keys("nonces:*")})
    assert ":last" in kept
    assert made["key"] not in kept
    assert made["secret"] not in kept


def test_a_turn_is_one_holders_and_its_nonces_rise(servers: Servers, key: KeyPrint) -> None:
    held: list[int] = []
    inside: list[int] = []

    async def work(turns: ValkeyTurns) -> None:
        for _ in range(10):
            async with turns.turn(key) as nonce:
                inside.append(1)
                assert len(inside) == 1
                await asyncio.sleep(0)
                held.append(nonce)
                inside.pop()

    async def journey() -> None:
        several = [ValkeyTurns(budget_client(servers.valkey_url()), longest_wait_s=60) for _ in range(3)]
        await asyncio.gather(*map(work, several))
        for turns in several:
            await turns.close()

    asyncio.run(journey())
    assert held == sorted(set(held))
    assert len(held) == 30
    assert abs(held[-1] - time.time_ns() // 1000) < 3_600_000_000


def test_a_nonce_is_above_the_last_whatever_the_clock_says(servers: Servers, key: KeyPrint) -> None:
    ahead = 8_000_000_000_000_000
    with Redis.from_url(servers.valkey_url()) as valkey:
        valkey.set(f"nonces:{{{key}}}:last", ahead)

    async def next_nonce() -> int:
        turns = ValkeyTurns(budget_client(servers.valkey_url()))
        async with turns.turn(key) as nonce:
            pass
        await turns.close()
        return nonce

    assert asyncio.run(next_nonce()) == ahead + 1


def test_who_gets_no_turn_is_told_to_come_back_and_a_dead_holders_turn_ends(servers: Servers, key: KeyPrint) -> None:
    with Redis.from_url(servers.valkey_url()) as valkey:
        valkey.set(f"nonces:{{{key}}}:turn", "a process that died", px=60_000)

        async def ask() -> None:
            turns = ValkeyTurns(budget_client(servers.valkey_url()), longest_wait_s=0.05)
            async with turns.turn(key):
                pass

        with pytest.raises(Unavailable) as busy:
            asyncio.run(ask())
        assert (busy.value.code, busy.value.retry_after_s) == ("venue.key_busy", 2.0)
        valkey.pexpire(f"nonces:{{{key}}}:turn", 1)
        time.sleep(0.01)
        asyncio.run(ask())


def test_without_valkey_nothing_is_signed(key: KeyPrint) -> None:
    async def ask() -> None:
        turns = ValkeyTurns(budget_client(f"redis://127.0.0.1:{free_port()}/0"))
        async with turns.turn(key):
            pytest.fail("a turn of nobody's")

    with pytest.raises(Unavailable) as lost:
        asyncio.run(ask())
    assert lost.value.code == "venue.turns_unavailable"
