"""What venues told lately and whose turn it is, in Valkey; the function that asks, invoked."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
from botocore.exceptions import EndpointConnectionError
from redis import Redis

from functions.market_proxy.handler import answer
from nightdesk.adapters.aws.market_proxy import LambdaVenueBars
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.proxied_bars import ValkeyBarsMemory
from nightdesk.candles.model import Candle
from nightdesk.candles.proxying import BarsWish
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import NightdeskError, NotFound, Unavailable
from nightdesk.kernel.ids import CorrelationId
from tests.fakes.invocation import InvokedHere
from tests.fakes.market_proxy import FakeVenueBars

pytestmark = pytest.mark.integration
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CORRELATION = CorrelationId("c")
WISH = BarsWish(
    venue=VenueId("bitstamp"),
    symbol="BTC/USD",
    resolution="1h",
    since=NOON,
    until=NOON + timedelta(hours=3),
    limit=10,
)


@pytest.fixture
def client(valkey_url: str) -> Iterator[Redis]:
    client = valkey(valkey_url)
    yield client
    client.close()


def test_what_is_kept_is_known_to_all_for_its_time(client: Redis) -> None:
    key, bars = uuid4().hex, [Candle(NOON, 1.5, 2.5, 0.1, 2.0, 1e-9)]
    one, other = ValkeyBarsMemory(client), ValkeyBarsMemory(client)
    assert other.known(key) is None
    one.keep(key, bars, timedelta(seconds=60))
    assert other.known(key) == bars
    assert 0 < client.pttl(f"proxy:bars:{key}") <= 60_000
    one.keep(key, [], timedelta(seconds=60))
    assert other.known(key) == []


def test_a_turn_is_one_holders_and_only_the_holder_gives_it_back(client: Redis) -> None:
    what, memory = uuid4().hex, ValkeyBarsMemory(client)
    token = memory.take(what, timedelta(seconds=30))
    assert token is not None
    assert memory.take(what, timedelta(seconds=30)) is None
    memory.give_back(what, "somebody else's")
    assert memory.take(what, timedelta(seconds=30)) is None
    memory.give_back(what, token)
    assert memory.take(what, timedelta(seconds=30)) is not None


def test_a_memory_that_is_down_is_said() -> None:
    memory = ValkeyBarsMemory(valkey("redis://127.0.0.1:1/0"))
    with pytest.raises(Unavailable):
        memory.known("x")


def test_bars_and_refusals_come_over_the_invocation() -> None:
    venue = FakeVenueBars()
    function = InvokedHere(lambda event: answer(venue, cast("dict[str, Any]", event), CORRELATION))
    bars = LambdaVenueBars(cast("Any", function), "market-proxy")
    assert [bar.at for bar in bars.bars(WISH, CORRELATION)] == [NOON + timedelta(hours=hour) for hour in range(3)]
    assert venue.asked == [WISH]
    venue.error = NotFound("market_proxy.symbol_unknown", "The venue has no such market.")
    with pytest.raises(NotFound) as refused:
        bars.bars(WISH, CORRELATION)
    assert refused.value.code == "market_proxy.symbol_unknown"


@pytest.mark.parametrize(
    "told",
    [
        EndpointConnectionError(endpoint_url="http://localhost"),
        {"Payload": io.BytesIO(b'{"errorMessage": "boom"}'), "FunctionError": "Unhandled"},
        {"Payload": io.BytesIO(b"not json")},
        {"Payload": io.BytesIO(b"{}")},
    ],
)
def test_a_function_that_fails_is_unavailable(told: object) -> None:
    class Client:
        def invoke(self, **_: object) -> object:
            if isinstance(told, Exception):
                raise told
            return told

    with pytest.raises(NightdeskError) as refused:
        LambdaVenueBars(cast("Any", Client()), "market-proxy").bars(WISH, CORRELATION)
    assert refused.value.code == "market_proxy.unavailable"
