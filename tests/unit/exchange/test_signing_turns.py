"""Who signs when: in the key's turn, with a nonce above the last, and not before there is a place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from nightdesk.adapters.exchange import balanced_fetch, signing_turns
from nightdesk.adapters.exchange.signing_turns import LocalTurns, sign_in_turn
from nightdesk.balancer.dispatch import Place
from nightdesk.balancer.model import EgressName, Grant, KeyPrint
from nightdesk.balancer.turns import key_busy
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable

KRAKEN, BINANCE = VenueId("kraken"), VenueId("binance")
PLACE = Place(Grant(venue=KRAKEN, egress=EgressName("a"), url="", charges=()), 0)


class Counted:
    """Turns that count up, and whose keys they were."""

    def __init__(self) -> None:
        self.keys: list[KeyPrint] = []

    @asynccontextmanager
    async def turn(self, key: KeyPrint) -> AsyncIterator[int]:
        self.keys.append(key)
        yield len(self.keys)

    async def close(self) -> None: ...


class Exchange(SimpleNamespace):
    """What of ccxt's client signs and fetches."""

    async def fetch2(self, path: str, api: Any = "public") -> tuple[str, int]:
        return path, self.incrementing_nonce() if "private" in api else -1


def exchange(venue: VenueId = KRAKEN, *, key: str = "key", has_budget: bool = False) -> tuple[Any, Counted]:
    made, turns = Exchange(apiKey=key, incrementing_nonce=lambda: 99), Counted()
    sign_in_turn(made, venue, turns, has_budget=has_budget)
    return made, turns


def fetched(made: Any, api: Any) -> int:
    return int(asyncio.run(made.fetch2("path", api))[1])


@pytest.mark.parametrize("api", ["private", ["private", "post"]])
def test_each_signed_request_has_a_turn_and_a_nonce_of_its_own(api: Any) -> None:
    made, turns = exchange()
    assert [fetched(made, api), fetched(made, api)] == [1, 2]
    assert len(set(turns.keys)) == 1
    assert "key" not in turns.keys[0]


def test_what_is_not_signed_needs_no_turn() -> None:
    made, turns = exchange()
    assert fetched(made, "public") == -1
    assert turns.keys == []


@pytest.mark.parametrize(("venue", "key"), [(BINANCE, "key"), (KRAKEN, "")])
def test_venues_that_count_no_nonces_and_clients_without_a_key_are_left_alone(venue: VenueId, key: str) -> None:
    made, turns = exchange(venue, key=key)
    assert fetched(made, "private") == 99

    async def free() -> None:
        async with made.signing_turn():
            pass

    asyncio.run(free())
    assert turns.keys == []


def test_under_a_budget_the_turn_comes_after_the_place() -> None:
    made, turns = exchange(has_budget=True)
    assert fetched(made, "private") == 0
    assert turns.keys == []

    async def placed() -> int:
        token = balanced_fetch._place.set(PLACE)
        try:
            return int((await made.fetch2("path", "private"))[1])
        finally:
            balanced_fetch._place.reset(token)

    assert asyncio.run(placed()) == 1


def test_a_websocket_signs_within_a_turn() -> None:
    made, _ = exchange()

    async def sign() -> int:
        async with made.signing_turn():
            return int(made.incrementing_nonce())

    assert asyncio.run(sign()) == 1


def test_one_process_takes_turns_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        turns = LocalTurns()
        async with turns.turn(KeyPrint("a")) as first, turns.turn(KeyPrint("b")) as second:
            assert second > first
            monkeypatch.setattr(signing_turns, "LONGEST_WAIT_S", 0.01)
            with pytest.raises(Unavailable) as busy:
                async with turns.turn(KeyPrint("a")):
                    pass
            assert busy.value.code == key_busy().code
        async with turns.turn(KeyPrint("a")) as third:
            assert third > second
        await turns.close()

    asyncio.run(work())
