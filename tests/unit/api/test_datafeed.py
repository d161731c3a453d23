"""The datafeed over the API, where a fake is enough: tokens, roles, what is down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from nightdesk.candles.model import Candle
from nightdesk.candles.ports import Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.identity.feed_tokens import TOKENS_MAX
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.action_ports import FiringId
from nightdesk.rules.chart_firings import ChartFiring
from nightdesk.rules.model import Mode
from tests.fakes.desk import Caller, FakeDesk

START = datetime(2026, 2, 2, tzinfo=UTC)
EUR = "FX:EUR/USD"
UDF = "/api/v1/datafeed/udf"
RANGE = f"symbol={EUR}&resolution=60&from={int(START.timestamp())}&to={int(START.timestamp()) + 36000}"


def with_euro(fake: FakeDesk) -> None:
    fake.candles.series[EUR] = Series(series_id=1, name=EUR, unit=AssetId("USD"), base=Resolution.MINUTE)
    bars = [Candle(START + timedelta(minutes=index), 1.0842, 1.0843, 1.0841, 1.0842) for index in range(120)]
    fake.candles.bars[EUR] = bars


def test_currencies_have_hours_and_no_volume(anna: Caller, fake: FakeDesk) -> None:
    with_euro(fake)
    symbol = anna.call("GET", f"{UDF}/symbols?symbol={EUR}").json
    assert (symbol["type"], symbol["visible_plots_set"], symbol["currency_code"]) == ("forex", "ohlc", "USD")
    assert symbol["session"].startswith("2200-0000:1|")
    assert symbol["pricescale"] == 100_000
    found = anna.call("GET", f"{UDF}/search?query=eur&type=forex&limit=x").json
    assert [each["ticker"] for each in found] == [EUR]
    assert anna.call("GET", f"{UDF}/search?query=eur&type=crypto").json == []


def test_a_shadow_firing_says_that_it_only_would_have_fired(anna: Caller, fake: FakeDesk) -> None:
    with_euro(fake)
    tenant = TenantId(UUID(anna.call("GET", "/api/v1/me").json["tenant_id"]))
    firing = ChartFiring(
        firing_id=FiringId(uuid4()),
        instant=START + timedelta(minutes=61),
        mode=Mode.SHADOW,
        rule_set="euro watch",
        reason="it fell",
    )
    fake.feed.firings.fired.append((tenant, EUR, firing))
    marks = anna.call("GET", f"{UDF}/marks?{RANGE}").json
    assert marks["text"] == ["euro watch would have fired: it fell"]
    assert marks["time"] == [int(START.timestamp()) + 3600]


def test_a_user_has_twenty_tokens_at_most_and_sees_only_their_own(anna: Caller, boris: Caller) -> None:
    for number in range(TOKENS_MAX):
        assert anna.call("POST", "/api/v1/datafeed-tokens", {"name": f"{number}"}).status == 201
    refused = anna.call("POST", "/api/v1/datafeed-tokens", {"name": "one more"})
    assert (refused.status, refused.code) == (429, "datafeed.too_many_tokens")
    assert len(anna.call("GET", "/api/v1/datafeed-tokens").json["items"]) == TOKENS_MAX
    assert boris.call("GET", "/api/v1/datafeed-tokens").json["items"] == []
    for name in ("", "x" * 81, "nul\x00"):
        assert anna.call("POST", "/api/v1/datafeed-tokens", {"name": name}).status == 400


def test_a_token_of_one_request_is_none_of_the_next(anna: Caller, boris: Caller, fake: FakeDesk) -> None:
    with_euro(fake)
    path = anna.call("POST", "/api/v1/datafeed-tokens", {"name": "x"}).json["path"]
    nobody = Caller(anna.desk)
    assert nobody.call("GET", f"{path}/time").status == 200
    assert nobody.call("GET", f"{UDF}/time").status == 401
    assert boris.call("GET", f"{path}/time").status == 200  # the address alone counts
    assert nobody.call("GET", f"{path}/nothing").status == 404
    assert nobody.call("GET", f"{path}/history/x").status == 401
    assert nobody.call("GET", "/api/v1/datafeed/short/udf/time").status == 401
