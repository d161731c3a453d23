"""Formulas are kept by version, and none is broken by another's change; through the API, as a browser asks."""

from decimal import Decimal
from typing import Any

import pytest

from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.formula import Formula
from nightdesk.indicators.service import FORMULAS_MAX, FormulaService
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import TenantId
from tests.fakes.clock import CountedIds, FakeClock
from tests.fakes.desk import BORIS, Caller, FakeDesk
from tests.fakes.formulas import FakeFormulas

PATH = "/api/v1/formulas"
TREND: dict[str, Any] = {
    "text": "EMA(series,resolution,fast) - EMA(series,resolution,fast*2)",
    "parameters": [{"name": "fast", "default": "12"}],
}


@pytest.fixture
def anna() -> Caller:
    caller = Caller(FakeDesk().desk())
    caller.sign_in()
    return caller


def put(caller: Caller, name: str, text: str, replaces: int = 0) -> Any:
    return caller.call("PUT", f"{PATH}/{name}", {"text": text, "replaces": replaces})


def test_a_formula_is_made_changed_used_and_removed(anna: Caller) -> None:
    made = anna.call("PUT", f"{PATH}/trend", TREND)
    assert (made.status, made.json["version"], made.json["parameters"]) == (200, 1, TREND["parameters"])
    assert anna.call("PUT", f"{PATH}/trend", TREND).json["version"] == 1  # sent again
    assert put(anna, "doubled", "trend(series,resolution) * 2").json["version"] == 1
    used = anna.call("GET", "/api/v1/indicators/expression?text=doubled(BINANCE:BTC/USDT,1h)").json
    assert used["text"] == "(EMA(BINANCE:BTC/USDT,1h,12) - EMA(BINANCE:BTC/USDT,1h,24)) * 2"
    assert (used["series"], used["metrics"], used["warm_up_bars"]) == (["BINANCE:BTC/USDT,1h"], [], 24)
    assert put(anna, "trend", "close(series,resolution)", replaces=1).json["version"] == 2
    assert [each["name"] for each in anna.call("GET", PATH).json["items"]] == ["doubled", "trend"]
    assert anna.call("DELETE", f"{PATH}/trend").code == "indicators.formula_used"
    assert anna.call("DELETE", f"{PATH}/doubled").status == 204
    assert anna.call("DELETE", f"{PATH}/trend").status == 204
    assert anna.call("GET", PATH).json["items"] == []
    assert [each["text"] for each in anna.call("GET", f"{PATH}/trend").json["items"]] == [
        TREND["text"],
        "close(series,resolution)",
        None,
    ]
    assert put(anna, "trend", "1").json["version"] == 4


def test_what_cannot_be_is_refused_with_its_reason(anna: Caller) -> None:
    put(anna, "base_line", "close(series,resolution)")
    put(anna, "upper", "base_line(series,resolution) + 1")
    assert put(anna, "base_line", "open(series,resolution)").code == "indicators.formula_changed"
    assert put(anna, "base_line", "upper(series,resolution)", replaces=1).code == "indicators.cycle"
    broken = put(anna, "base_line", "price(series)", replaces=1)  # `upper` can take a live figure too
    assert broken.status == 200
    put(anna, "average", "SMA(high(series,resolution),3)")
    put(anna, "above", "SMA(average(series,resolution),3)")
    refused = put(anna, "average", "price(series)", replaces=1)
    assert refused.code == "indicators.live_in_function"
    assert "above, which uses it, would be broken" in refused.json["detail"]
    assert put(anna, "rsi", "1").code == "indicators.formula_name"
    assert put(anna, "UPPER", "1").code == "request.invalid"
    assert put(anna, "one", "1 +").code == "indicators.syntax"
    assert anna.call("DELETE", f"{PATH}/nothing").code == "indicators.formula_not_found"
    assert anna.call("GET", f"{PATH}/nothing").code == "indicators.formula_not_found"
    told = anna.call("GET", "/api/v1/indicators/expression?text=RSI(")
    assert (told.status, told.code) == (400, "indicators.syntax")


def test_formulas_belong_to_their_tenant(anna: Caller) -> None:
    put(anna, "mine", "1")
    boris = Caller(anna.desk)
    boris.sign_in(BORIS)
    assert boris.call("GET", PATH).json["items"] == []
    assert boris.call("GET", f"{PATH}/mine").code == "indicators.formula_not_found"


def test_the_catalogue_tells_every_function(anna: Caller) -> None:
    functions = {each["name"]: each for each in anna.call("GET", "/api/v1/indicators").json["items"]}
    assert len(functions) > 190
    macd = functions["MACD"]
    assert [each["name"] for each in macd["outputs"]] == ["macd", "macdsignal", "macdhist"]
    assert macd["outputs"][2]["style"] == "histogram"
    assert macd["parameters"][0]["default"] == 12
    assert functions["BBANDS"]["overlay"]
    assert functions["CDLDOJI"]["pattern"]
    assert functions["BBANDS"]["parameters"][3]["choices"][1] == "EMA"


def test_there_is_an_end_to_formulas() -> None:
    service, tenant = FormulaService(FakeFormulas(), FakeClock()), TenantId(CountedIds()())
    for number in range(FORMULAS_MAX):
        service.put(tenant, Formula(f"f{number}", str(Decimal(number))), replaces=0)
    with pytest.raises(InvalidInput, match="There may be"):
        service.put(tenant, Formula("one_more", "1"), replaces=0)
    assert service.parse(tenant, "f7() + 1").text == "8"
    with pytest.raises(ExpressionError):
        service.parse(tenant, "f7(1)")
