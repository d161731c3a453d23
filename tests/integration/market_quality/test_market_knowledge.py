"""What streamers tell each other over Valkey about prices, clocks and what is not believed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from nightdesk.adapters.redis.market_knowledge import ValkeyMarketKnowledge
from nightdesk.kernel.assets import VenueId, parse_instrument
from nightdesk.markets.model import Price
from tests.builders.ledger import RECORDED
from tests.servers import Servers

pytestmark = [pytest.mark.anyio, pytest.mark.integration]


@pytest.fixture
async def valkey(servers: Servers) -> AsyncIterator[Redis]:
    async with Redis.from_url(servers.valkey_url()) as client:
        yield client


@pytest.fixture
def venue() -> VenueId:
    """A venue of this test alone."""
    return VenueId(f"venue{uuid4().hex[:8]}")


async def test_only_symbols_that_are_asked_for_are_read_and_nonsense_is_left_out(valkey: Redis, venue: VenueId) -> None:
    knowledge = ValkeyMarketKnowledge(valkey)
    document = '{"last": "0.000000000000000001", "at": "2026-11-20T12:00:00.000000Z"}'
    await valkey.hset(f"prices:{venue}", mapping={"BTC/USD": document, "ETH/USD": document, "BTC/USDT": "nonsense"})
    asked = {venue: ["BTC/USD", "BTC/USDT", "BTC/USDC"], VenueId("nobody"): []}
    for _ in range(2):
        found = await knowledge.prices(asked)
        assert [(str(price.instrument), price.last) for price in found] == [
            (f"{venue.upper()}:BTC/USD", Decimal("0.000000000000000001"))
        ]
    await valkey.hdel(f"prices:{venue}", "BTC/USD")
    assert await knowledge.prices(asked) == []


async def test_clocks_are_told_for_a_few_seconds(valkey: Redis, venue: VenueId) -> None:
    one, other = ValkeyMarketKnowledge(valkey), ValkeyMarketKnowledge(valkey)
    market_at = RECORDED + timedelta(days=9)
    await one.clocks({venue: market_at}, RECORDED)
    assert (await other.clocks({}, RECORDED + timedelta(seconds=5)))[venue] == market_at
    assert venue not in await other.clocks({}, RECORDED + timedelta(seconds=6))


async def test_what_is_not_believed_is_told_to_all_streamers(valkey: Redis, venue: VenueId) -> None:
    one, other = ValkeyMarketKnowledge(valkey), ValkeyMarketKnowledge(valkey)
    price = Price(instrument=parse_instrument(f"{venue.upper()}:BTC/USD"), last=Decimal("1.5"), at=RECORDED)
    await one.waiting([price], RECORDED)
    found = await other.waiting([], RECORDED + timedelta(seconds=5))
    assert [each for each in found if each.instrument.venue == venue] == [price]
    later = await other.waiting([], RECORDED + timedelta(seconds=6))
    assert [each for each in later if each.instrument.venue == venue] == []
