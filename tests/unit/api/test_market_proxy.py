"""Bars of any venue over the API."""

from nightdesk.kernel.errors import Unavailable
from tests.fakes.desk import Caller, FakeDesk

PATH = "/api/v1/market-proxy/ohlcv?venue=bitstamp&symbol=BTC/USD&resolution=1h"


def test_bars_are_told_with_where_to_read_on(anna: Caller, fake: FakeDesk) -> None:
    told = anna.call("GET", f"{PATH}&from=2026-02-01T00:00:00Z&to=2026-02-02T00:00:00Z&limit=3").json
    assert (told["venue"], told["symbol"], told["resolution"]) == ("bitstamp", "BTC/USD", "1h")
    assert [row[0] for row in told["items"]] == [1769904000000, 1769907600000, 1769911200000]
    assert told["next_from"] == "2026-02-01T03:00:00.000000Z"
    assert len(anna.call("GET", f"{PATH}&from=1769904000000&limit=5").json["items"]) == 5
    assert len(fake.proxied.asked) == 2


def test_what_can_not_be_meant_is_a_problem(anna: Caller, fake: FakeDesk) -> None:
    venues = anna.call("GET", "/api/v1/market-proxy/venues").json
    assert {"bitstamp", "binance", "okx"} <= set(venues["items"])
    assert anna.call("GET", PATH.replace("bitstamp", "nowhere")).code == "market_proxy.venue_unknown"
    assert anna.call("GET", PATH.replace("1h", "7m")).code == "market_proxy.resolution_unknown"
    assert anna.call("GET", PATH.replace("BTC/USD", "BTCUSD")).code == "market_proxy.symbol_malformed"
    assert anna.call("GET", f"{PATH}&from=99999999999999999999").code == "instant.malformed"
    assert anna.call("GET", f"{PATH}&limit=5000").code == "request.invalid"
    assert fake.proxied.asked == []
    fake.proxied.error = Unavailable("venue.unavailable", "The venue does not answer.", retry_after_s=15)
    down = anna.call("GET", PATH)
    assert (down.status, down.code, down.headers["Retry-After"]) == (503, "venue.unavailable", ["15"])


def test_nobody_reads_without_a_token(stranger: Caller) -> None:
    assert stranger.call("GET", PATH).status == 401
