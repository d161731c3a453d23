"""The function `market_proxy` as it is deployed: from its settings to the paper exchange, under the shared budget."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

import functions.market_proxy.handler as market_proxy
from functions.market_proxy import wiring
from nightdesk.candles.proxying import BarsWish
from nightdesk.contracts.market_proxy import BarsAnswer, bars_of, request_of
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.ids import CorrelationId
from nightdesk.kernel.instants import EPOCH
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import settings
from tests.fakes.desk import FakeInvocation
from tests.servers import Servers

pytestmark = pytest.mark.integration
CACHES = (settings, wiring.wire, wiring.meter)


@pytest.fixture
def _deployed(servers: Servers) -> Iterator[None]:
    told = {
        "NIGHTDESK_VALKEY_URL": servers.valkey_url(),
        "NIGHTDESK_VENUES_ROUTE": servers.paper().route,
        "NIGHTDESK_BALANCER": "direct",
        "NIGHTDESK_BALANCER_CALENDAR_SPEED": "60",
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in told.items():
            environment.setenv(name, value)
        for cached in CACHES:
            cached.cache_clear()
        yield
        wiring.wire().close()
        for cached in CACHES:
            cached.cache_clear()


@pytest.mark.usefixtures("_deployed")
def test_bars_of_a_face_are_told_under_the_shared_budget() -> None:
    now = SystemClock().now()
    until = now - (now - EPOCH) % timedelta(minutes=5)
    wish = BarsWish(
        venue=VenueId("kraken"),
        symbol="BTC/USD",
        resolution="5m",
        since=until - timedelta(hours=1),
        until=until,
        limit=12,
    )
    event = request_of(wish, CorrelationId("correlation-1")).model_dump()
    bars = bars_of(BarsAnswer.model_validate(market_proxy.handler(event, FakeInvocation())))
    assert bars
    assert all(wish.since <= bar.at < wish.until for bar in bars)
    refused = market_proxy.handler({"venue": "kraken"}, FakeInvocation())
    assert refused["error"]["code"] == "market_proxy.request_malformed"
