"""Who follows which prices, and that each is told only of those."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator

import pytest

from fargate.feed_gateway.tickers import TickerTopic, Wanted, wanted
from nightdesk.contracts.graphql.live_types import TickerBatch
from nightdesk.kernel.errors import InvalidInput
from tests.fakes.desk import ANNA, PASSWORDS, FakeDesk

BTC, ETH, KRAKEN = "BINANCE:BTC/USDT", "BINANCE:ETH/USDT", "KRAKEN:BTC/USD"


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("binance.*", {BTC, ETH}),
        ("*.btc", {BTC, KRAKEN}),
        ("*.usdt.btc", {BTC}),
        ("kraken.usd.btc", {KRAKEN}),
        ("*", {BTC, ETH, KRAKEN}),
        ("htx.*", set()),
    ],
)
def test_patterns_choose_by_venue_quote_and_base(pattern: str, found: set[str]) -> None:
    choice = wanted(None, [pattern])
    assert {name for name in (BTC, ETH, KRAKEN) if choice.has(name)} == found


def test_named_markets_and_patterns_add_up_and_neither_is_all() -> None:
    choice = wanted([ETH], ["kraken.*"])
    assert [choice.has(name) for name in (BTC, ETH, KRAKEN)] == [False, True, True]
    assert Wanted().has(BTC)
    assert not wanted([], None).has(BTC)


@pytest.mark.parametrize("pattern", ["", "a.b.c.d", "KRAKEN.*", "[a-z].*", "?.*", "x" * 60 + ".*"])
def test_what_can_be_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        wanted(None, [pattern])
    assert refused.value.code == "tickers.bad_pattern"


def test_too_many_are_refused() -> None:
    for series, patterns in ((["X"] * 1001, None), (None, ["*"] * 101)):
        with pytest.raises(InvalidInput, match="at most"):
            wanted(series, patterns)


def message(series: str, last: str) -> bytes:
    venue, _, symbol = series.partition(":")
    at = "2026-01-01T00:00:00.000000Z"
    told = {"v": 1, "venue": venue.lower(), "symbol": symbol, "last": last, "bid": None, "ask": None}
    return json.dumps({**told, "at": at, "received_at": at}).encode()


async def heard(feed: AsyncGenerator[TickerBatch]) -> dict[str, str | None]:
    async with asyncio.timeout(60):
        batch = await anext(feed)
    return {row.series: row.last for row in batch.rows}


@pytest.mark.anyio
async def test_each_is_told_the_newest_of_what_he_follows() -> None:
    topic, caller = TickerTopic(list), FakeDesk().identity_service().sign_in(ANNA, PASSWORDS[ANNA]).caller
    feeds = [topic.follow(caller, None), topic.follow(caller, [ETH]), topic.follow(caller, None, ["kraken.*"])]
    for feed in feeds:
        assert await heard(feed) == {}
    for number in range(5):
        for name in (BTC, ETH, KRAKEN):
            topic.hear("", message(name, str(number)))
    told = [await heard(feed) for feed in feeds]
    assert told == [dict.fromkeys((BTC, ETH, KRAKEN), "4"), {ETH: "4"}, {KRAKEN: "4"}]
    late = topic.follow(caller, None, ["*.btc"])
    assert await heard(late) == {BTC: "4", KRAKEN: "4"}
    topic.hear("", message(KRAKEN, "5"))
    assert await heard(late) == {KRAKEN: "5"}
    for feed in (*feeds, late):
        await feed.aclose()
    assert topic.followers == 0
