"""The function that computes over history: who may ask, what, and what is answered."""

import pytest

from nightdesk.candles.ports import Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleService
from nightdesk.indicators.formula import Formula
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import to_ms
from tests.builders.bars import BTC, candles, walk
from tests.fakes.analytics import FakeAnalytics
from tests.fakes.candles import FakeCandles
from tests.fakes.desk import FakeDesk

MINUTES = candles(walk(100, resolution=Resolution.MINUTE))
ASKED = {"series": str(BTC), "resolution": "1m", "from_": str(to_ms(MINUTES[90].at))}


@pytest.fixture
def analytics() -> FakeAnalytics:
    fake = FakeDesk()
    stored = FakeCandles()
    stored.series[str(BTC)] = Series(series_id=1, name=str(BTC), unit=AssetId("USDT"), base=Resolution.MINUTE)
    stored.bars[str(BTC)] = MINUTES
    made = FakeAnalytics(fake, CandleService(stored.readers))
    made.sign_in()
    return made


def test_values_stand_beside_the_bars_they_belong_to(analytics: FakeAnalytics) -> None:
    told = analytics.ask("lag(close(series,resolution), 95)", "1 / 3", **ASKED).json
    assert told["starts"] == [to_ms(minute.at) for minute in MINUTES[90:]]
    assert told["items"][0]["text"] == f"lag(close({BTC},1m),95)"
    assert told["items"][0]["values"] == [None] * 5 + [minute.close for minute in MINUTES[:5]]
    assert told["items"][1]["values"] == [0.3333333333333333] * 10


def test_the_users_formulas_are_known(analytics: FakeAnalytics) -> None:
    tenant = TenantId(next(iter(analytics.fake.users.users.values())).tenant_id)
    desk = analytics.fake.desk()
    desk.formulas.put(tenant, Formula("wide", "high(series,resolution) - low(series,resolution)"), replaces=0)
    assert analytics.values(f"wide({BTC},1m)", **ASKED)[0] == [bar.high - bar.low for bar in MINUTES[90:]]


def test_the_forming_bar_may_be_told(analytics: FakeAnalytics) -> None:
    at = to_ms(MINUTES[-1].at) + 60_000
    values = analytics.values(f"close({BTC},1m)", **ASKED, forming=f"{at},1,3,0.5,2.5,7")
    assert values[0][-1] == 2.5


def test_what_is_asked_wrongly_is_refused(analytics: FakeAnalytics) -> None:
    assert analytics.ask(**ASKED).code == "request.invalid"
    assert analytics.ask("1", **ASKED, colour="red").code == "request.invalid"
    assert analytics.ask("1 +", **ASKED).code == "indicators.syntax"
    assert analytics.ask("1", **{**ASKED, "series": "BINANCE:NO/USDT"}).code == "candles.series_not_found"
    assert analytics.ask("1", **{**ASKED, "from_": "yesterday"}).code == "instant.malformed"
    assert analytics.ask("1", **{**ASKED, "from_": "9" * 30}).code == "instant.malformed"
    assert analytics.ask("1", **ASKED, forming="1,2").code == "indicators.forming"
    assert analytics.ask("1", **ASKED, forming="60000,1,3,0.5,2.5,7").code == "candles.misaligned"
    at = to_ms(MINUTES[-1].at)
    assert analytics.ask("1", **ASKED, forming=f"{at},nan,3,0.5,2.5,7").code == "candles.not_finite"
    until = "2026-03-02T01:35:00Z"
    assert len(analytics.ask("1", **ASKED, to=until).json["starts"]) == 5


def test_strangers_and_foreign_pages_are_refused(analytics: FakeAnalytics) -> None:
    analytics.headers["Origin"] = "https://elsewhere.example"
    assert analytics.ask("1", **ASKED).code == "request.foreign_origin"
    analytics.headers.clear()
    analytics.token = ""
    assert analytics.ask("1", **ASKED).code == "token.missing"
