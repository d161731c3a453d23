"""How much history is stored, as the API tells it, and asking for more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nightdesk.candles.coverage import CoverageState, Hole, HoleCause
from nightdesk.candles.coverage_desk import ASKS_MAX
from tests.fakes.coverage import covered
from tests.fakes.desk import Caller, FakeDesk

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
PATH = "/api/v1/candle-coverage"
FILLING = replace(
    covered("BINANCE:BTC/USDT"),
    state=CoverageState.FILLING,
    listed_at=MARCH,
    since=MARCH,
    until=MARCH + timedelta(days=2),
    bars=1440,
    expected=2880,
    holes=(Hole(MARCH + timedelta(days=1), MARCH + timedelta(days=2), HoleCause.MISSING),),
    open_holes=1,
    eta_s=12.5,
)


def test_a_series_tells_how_far_it_is_and_what_is_missing(anna: Caller, fake: FakeDesk) -> None:
    fake.coverage.known = {FILLING.series: FILLING}
    (item,) = anna.call("GET", PATH).json["items"]
    assert (item["state"], item["bars"], item["expected"], item["eta_s"]) == ("filling", 1440, 2880, 12.5)
    assert (item["since"], item["until"]) == ("2026-03-01T00:00:00.000000Z", "2026-03-03T00:00:00.000000Z")
    (hole,) = item["holes"]
    assert (hole["minutes"], hole["cause"], hole["filled"]) == (1440, "missing", False)


def test_series_come_page_by_page_and_by_filter(anna: Caller, fake: FakeDesk) -> None:
    names = ["BINANCE:BTC/USDT", "BINANCE:ETH/USDT", "KRAKEN:BTC/USD"]
    fake.coverage.known = {name: covered(name) for name in names}
    first = anna.call("GET", f"{PATH}?limit=2").json
    second = anna.call("GET", f"{PATH}?limit=2&cursor={first['next_cursor']}").json
    assert [item["series"] for item in (*first["items"], *second["items"])] == names
    assert second["next_cursor"] is None
    assert [item["series"] for item in anna.call("GET", f"{PATH}?venue=kraken").json["items"]] == names[2:]
    assert anna.call("GET", f"{PATH}?state=whole").json["items"] == []


def test_a_series_is_asked_for_once_and_only_widened(anna: Caller, fake: FakeDesk) -> None:
    for wanted in ({"from": "2019-05-01T00:00:00Z"}, {"from": "2019-07-01T00:00:00Z"}):
        answer = anna.call("POST", PATH, {"series": "binance:btc/usdt", **wanted})
        assert (answer.status, answer.json["series"], answer.json["asked"]) == (202, "BINANCE:BTC/USDT", True)
    ((asked,),) = [each.values() for each in fake.coverage.asked.values() if each]
    assert asked == datetime(2019, 5, 1, tzinfo=UTC)
    anna.call("POST", PATH, {"series": "BINANCE:BTC/USDT"})
    ((asked,),) = [each.values() for each in fake.coverage.asked.values() if each]
    assert asked is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"series": "BINANCE:NOPE/USDT"}, 404, "candles.market_unknown"),
        ({"series": "NOWHERE:BTC/USDT"}, 404, "candles.market_unknown"),
        ({"series": "BTCUSDT"}, 400, "instrument.malformed"),
        ({"series": "PORTFOLIO:3f0e2a4e-0d5c-4a55-9d3a-0a6f7b0d1c11"}, 400, "candles.no_market"),
        ({"series": "BINANCE:BTC/USDT", "from": "1926-01-01T00:00:00Z"}, 400, "candles.range"),
        ({"series": "BINANCE:BTC/USDT", "from": "2126-01-01T00:00:00Z"}, 400, "candles.range"),
        ({"series": "BINANCE:BTC/USDT", "from": "yesterday"}, 400, "instant.malformed"),
    ],
)
def test_what_cannot_be_meant_is_refused_clearly(anna: Caller, body: dict[str, str], status: int, code: str) -> None:
    answer = anna.call("POST", PATH, body)
    assert (answer.status, answer.json["code"]) == (status, code)


def test_a_tenant_cannot_ask_for_everything(anna: Caller, fake: FakeDesk) -> None:
    anna.call("POST", PATH, {"series": "BINANCE:BTC/USDT"})
    (own,) = [each for each in fake.coverage.asked.values() if each]
    own |= {f"BINANCE:X{number}/USDT": None for number in range(ASKS_MAX)}
    answer = anna.call("POST", PATH, {"series": "BINANCE:ETH/USDT"})
    assert (answer.status, answer.json["code"]) == (409, "candles.asks_too_many")
    assert anna.call("POST", PATH, {"series": "BINANCE:BTC/USDT"}).status == 202
