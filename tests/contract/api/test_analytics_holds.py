"""The function that computes over history does what the API's OpenAPI document says of it, bounded."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.analytics.desk import serve
from nightdesk.candles.ports import Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleService
from nightdesk.contracts.api.analytics import OPERATIONS
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import format_instant
from nightdesk.runtime.http import Event, Reply
from tests.builders.bars import START, candles
from tests.builders.openapi import Document, operations_of, try_out
from tests.builders.replays import ACCOUNT, BTC, books, wave
from tests.fakes.analytics import FakeAnalytics
from tests.fakes.desk import Caller, FakeDesk
from tests.fakes.serving import application
from tests.lengths import length

MINUTES = wave(600)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def _analytics() -> FakeAnalytics:
    fake = FakeDesk()
    fake.candles.series[str(BTC)] = Series(series_id=1, name=str(BTC), unit=AssetId("USDT"), base=Resolution.MINUTE)
    fake.candles.bars[str(BTC)] = candles(MINUTES)
    fake.rule_sets.own_accounts.add(ACCOUNT)
    made = FakeAnalytics(fake, CandleService(fake.candles.readers))
    made.sign_in()
    fake.books.by_tenant[TenantId(next(iter(fake.users.users.values())).tenant_id)] = books(USDT="1000", BTC="2")
    return made


ANALYTICS = _analytics()
SERVED = ANALYTICS.desk()
DOCUMENT: dict[str, Any] = Caller(ANALYTICS.fake.desk()).call("GET", "/api/v1/openapi.json").json


def answered(request: Event) -> Reply:
    return serve(request, SERVED)


# Conditions hold conditions: combining every value of each with each makes tens of thousands of cases.
_CONFIG = schemathesis.Config.from_dict({"phases": {"examples": {"enabled": False}, "coverage": {"enabled": False}}})
NAMED = operations_of(DOCUMENT, only=[each.path for each in OPERATIONS])


@settings(max_examples=length(8, 15), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def keeps_its_word(case: schemathesis.Case) -> None:
    case.validate_response(case.call(headers={"Authorization": f"Bearer {ANALYTICS.token}"}), checks=CHECKS)


@pytest.mark.parametrize("document", NAMED.values(), ids=list(NAMED))
def test_every_operation_keeps_its_word(document: Document) -> None:
    try_out(document, application(answered), keeps_its_word, _CONFIG)


SPAN = {"from": format_instant(START), "to": "2026-03-02T09:00:00Z", "resolution": "1m"}
RSI = {"account": str(ACCOUNT), "resolution": "1m", "buy_below": "35", "sell_above": "65", "trail_ratio": "0.03"}
CASH = [{"asset": "USDT", "amount": "1000"}]
DEFINITION = {
    "rules": [{"name": "r", "condition": {"kind": "compare", "left": "1", "relation": "<", "right": "2"}}],
    "actions": [{"kind": "notify"}],
}
GOOD: dict[str, tuple[str, object]] = {
    "indicator_history": (
        f"?expression=RSI(series,resolution,14)&series={BTC}&resolution=1m&from={SPAN['from']}",
        None,
    ),
    "replay": ("", {**SPAN, "balances": CASH, "template": {"template": "rsi", "parameters": RSI}}),
    "replay_sweep": (
        "",
        {**SPAN, "balances": CASH, "template": "rsi", "parameters": RSI, "grid": {"period": ["7", "14"]}},
    ),
    "strategy_templates": ("", None),
    "build_template": ("", {"parameters": RSI}),
    "shadow": ("", None),
}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_what_is_asked_well_is_answered_as_documented(operation: Any) -> None:
    query, body = GOOD[operation.name]
    path = operation.path.replace("{template}", "rsi").replace("{rule_set_id}", _rule_set_id())
    answer = ANALYTICS.call(operation.method, path.removeprefix("/api/v1") + query, body)
    assert answer.status == 200, answer.text
    told = DOCUMENT["paths"][operation.path][operation.method.lower()]
    shape = told["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator({**shape, "components": DOCUMENT["components"]}).validate(answer.json)


def _rule_set_id() -> str:
    caller = Caller(ANALYTICS.fake.desk())
    caller.sign_in()
    made = caller.call("POST", "/api/v1/rule-sets", {"name": "kept", "definition": DEFINITION})
    assert made.status == 201, made.text
    return str(made.json["rule_set_id"])
