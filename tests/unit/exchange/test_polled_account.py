"""What an account that is followed by asking tells of its balances."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from nightdesk.accounts.errors import key_wrong
from nightdesk.accounts.model import Credential, ReportedBalance
from nightdesk.accounts.streaming import BalancesTold, LookAgain, StreamEvent
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.polled_account import MOVED, PolledAccountStream
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import InvalidInput, Unavailable
from tests.fakes.clock import NOON

if TYPE_CHECKING:
    from nightdesk.adapters.exchange.account_stream_venue import StreamedVenue

Held = tuple[ReportedBalance, ...]


def held(**amounts: str) -> Held:
    """`BTC="1 0.5"`: free and locked."""
    parts = {asset: text.split() for asset, text in amounts.items()}
    return tuple(
        ReportedBalance(asset=AssetId(asset), free=Decimal(free), locked=Decimal(locked))
        for asset, (free, locked) in parts.items()
    )


class Venue:
    """Answers with one thing after another; refuses the key in the end."""

    def __init__(self, *answers: Held | Exception) -> None:
        self._answers = [*answers, key_wrong()]
        self.protocol = SimpleNamespace(POLL_EVERY_S=0.0, balances=self._balances)
        self.given_back = 0

    async def lend(self) -> Any:
        return SimpleNamespace(give_back=self._give_back)

    def client(self, *_: object) -> Any:
        raw = SimpleNamespace(set_markets_from_exchange=lambda _markets: None)
        return raw, SimpleNamespace(raw=raw, now=lambda: NOON, close=self._close)

    async def markets(self) -> None:
        return None

    async def _close(self) -> None:
        return None

    def _give_back(self) -> None:
        self.given_back += 1

    async def _balances(self, _client: object) -> Held:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def told(*answers: Held | Exception) -> list[StreamEvent]:
    """What is told until the key is refused."""
    venue, heard = Venue(*answers), list[StreamEvent]()

    async def follow() -> None:
        stream = PolledAccountStream(cast("StreamedVenue", venue), "tenant", Credential("k", "s"))
        await stream.open(heard.append)
        try:
            with pytest.raises(InvalidInput, match="does not accept this key"):
                await stream.run()
        finally:
            await stream.close()

    asyncio.run(follow())
    assert venue.given_back == 1
    return heard


def test_what_stays_is_not_told() -> None:
    assert told(held(BTC="1 0"), held(BTC="1 0")) == []


def test_what_moved_is_told_and_the_history_asked_for() -> None:
    balances, again = told(held(BTC="1 0"), held(BTC="2 0"))
    assert isinstance(balances, BalancesTold)
    assert balances.balances == held(BTC="2 0")
    assert again == LookAgain(MOVED)


def test_an_asset_that_is_gone_is_told_as_nothing() -> None:
    balances, _ = told(held(BTC="1 0", ETH="1 0"), held(BTC="1 0"))
    assert isinstance(balances, BalancesTold)
    assert balances.balances == held(BTC="1 0", ETH="0 0")


def test_what_an_order_holds_back_needs_no_history() -> None:
    (balances,) = told(held(BTC="1 0"), held(BTC="0.5 0.5"))
    assert isinstance(balances, BalancesTold)


def test_a_venue_that_is_away_is_asked_again() -> None:
    away = Unavailable("venue.unavailable", "Away.", retry_after_s=0.0)
    assert len(told(held(BTC="1 0"), away, errors.rate_limited(0.0), held(BTC="2 0"))) == 2


def test_nothing_is_asked_before_it_is_open() -> None:
    stream = PolledAccountStream(cast("StreamedVenue", Venue()), "tenant", Credential("k", "s"))
    with pytest.raises(Unavailable):
        asyncio.run(stream.balances())
    asyncio.run(stream.close())
    assert stream.instrument_of("trades") is None
