"""Replays, sweeps, templates and shadows as callers of the analytics function see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from nightdesk.candles.ports import Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleService
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import CorrelationId, TenantId, UserId
from nightdesk.kernel.instants import format_instant, to_ms
from nightdesk.kernel.money import divide
from nightdesk.rules.action_ports import FiringId, RuleSetId
from nightdesk.rules.desk import By
from nightdesk.rules.firing import Firing
from nightdesk.rules.model import Mode
from nightdesk.rules.reading import Seen
from tests.builders.bars import START, candles
from tests.builders.replays import ACCOUNT, BTC, books, wave
from tests.fakes.analytics import FakeAnalytics
from tests.fakes.desk import BORIS, FakeDesk

DAYS = 3
MINUTES = wave(DAYS * 1440)
ASKED = {"from": format_instant(START), "to": str(to_ms(START + timedelta(days=DAYS)))}
CASH = [{"asset": "USDT", "amount": "1000"}]
RSI = {
    "template": "rsi",
    "parameters": {"account": str(ACCOUNT), "buy_below": "35", "sell_above": "65", "trail_ratio": "0.03"},
}
WHEN_LOW = {"kind": "compare", "left": f"RSI({BTC},15m,14)", "relation": "<", "right": "35"}
BUY = {
    "kind": "place_order",
    "account_id": str(ACCOUNT),
    "instrument": str(BTC),
    "side": "buy",
    "size": {"unit": "quote", "value": "100"},
}
BUYING = {"rules": [{"name": "low", "condition": WHEN_LOW}], "actions": [BUY], "repeating": True, "cooldown_s": 3600}


@pytest.fixture(scope="module")
def analytics() -> FakeAnalytics:
    fake = FakeDesk()
    fake.candles.series[str(BTC)] = Series(series_id=1, name=str(BTC), unit=AssetId("USDT"), base=Resolution.MINUTE)
    fake.candles.bars[str(BTC)] = candles(MINUTES)
    fake.rule_sets.own_accounts.add(ACCOUNT)
    made = FakeAnalytics(fake, CandleService(fake.candles.readers))
    made.sign_in()
    fake.books.by_tenant[_tenant(made)] = books(USDT="1000", BTC="2", DUST="5")
    return made


def _tenant(analytics: FakeAnalytics) -> TenantId:
    return TenantId(next(iter(analytics.fake.users.users.values())).tenant_id)


def test_a_template_is_replayed(analytics: FakeAnalytics) -> None:
    told = analytics.call("POST", "/replays", {**ASKED, "template": RSI, "balances": CASH}).json
    assert told["from"] == ASKED["from"]
    assert (told["bars"], told["base_asset"]) == (DAYS * 96, "USDT")
    figures, equity = told["figures"], told["equity"]
    assert figures["start_value"] == "1000"
    assert figures["trades"] == len(told["fills"]) > 2
    assert figures["firings"] == len(told["firings"])
    assert sum(Decimal(fill["gain"]) for fill in told["fills"] if fill["gain"]) == Decimal(figures["realised"])
    assert Decimal(figures["return_ratio"]) == divide(Decimal(figures["end_value"]) - 1000, Decimal(1000))
    assert 0 <= Decimal(figures["max_drawdown_ratio"]) < 1
    assert len(equity["at"]) == len(equity["values"]) == len(equity["hold"]) == DAYS * 96
    assert equity["values"][-1] == pytest.approx(float(figures["end_value"]))
    assert sum(Decimal(each["value"]) for each in told["end"]) == Decimal(figures["end_value"])
    first, last = MINUTES.columns[3][14], MINUTES.columns[3][-1]
    assert float(told["buy_and_hold"]["return_ratio"]) == pytest.approx(last / first - 1)
    assert told["hold"]["return_ratio"] == "0"
    assert told["fill_model"]["fee_ratio"] == "0.001"
    assert {outcome["outcome"] for each in told["firings"] for outcome in each["outcomes"]} == {"done"}


def test_rule_sets_are_replayed_as_written_or_as_kept(analytics: FakeAnalytics) -> None:
    written = {"name": "low", "definition": BUYING}
    told = analytics.call("POST", "/replays", {**ASKED, "rule_sets": [written], "balances": CASH}).json
    assert told["rule_sets"][0]["name"] == "low"
    assert told["figures"]["win_ratio"] is None
    assert told["fills"][0]["side"] == "buy"
    kept = _kept(analytics)
    again = analytics.call("POST", "/replays", {**ASKED, "rule_set_ids": [str(kept)], "balances": CASH}).json
    assert again["fills"] == told["fills"]


def test_the_portfolio_is_what_it_begins_with_unless_told(analytics: FakeAnalytics) -> None:
    told = analytics.call("POST", "/replays", {**ASKED, "resolution": "1m", "template": _stop("0.01")}).json
    assert {each["asset"]: each["amount"] for each in told["start"]} == {"USDT": "1000", "BTC": "2", "DUST": "5"}
    assert "DUST has no market that says its worth: it counts as nothing." in told["notes"]
    assert [fill["reason"] for fill in told["fills"]] == ["panic sell"]
    assert told["fills"][0]["gain"] is None  # nobody knows what it cost
    assert told["buy_and_hold"] is None
    assert len(told["equity"]["at"]) == 2000
    assert 0 < Decimal(told["figures"]["exposure_ratio"]) < 1


def _stop(trail: str) -> dict[str, object]:
    return {"template": "portfolio_trailing_stop", "parameters": {"trail_ratio": trail}}


def test_what_can_not_be_replayed_is_refused(analytics: FakeAnalytics) -> None:
    def code(**asked: object) -> str:
        return analytics.call("POST", "/replays", {**ASKED, "balances": CASH, **asked}).code

    assert code() == "replay.which"
    assert code(template=RSI, rule_set_ids=[str(uuid4())]) == "replay.which"
    assert code(rule_set_ids=[str(uuid4())]) == "rules.not_found"
    assert code(template=RSI, to=ASKED["from"]) == "replay.range"
    assert code(template=RSI, to="2030-01-01T00:00:00Z", resolution="1m") == "replay.too_long"
    later = {"from": "2026-07-01T00:00:00Z", "to": "2026-07-02T00:00:00Z"}
    assert code(template=RSI, **later) == "replay.no_bars"
    assert code(template=_stop("0.1")) == "replay.no_market"
    assert code(template=RSI, fee_ratio="1") == "replay.cost"
    assert code(template=RSI, fee_ratio="one") == "amount.malformed"
    assert code(template=RSI, balances=[{"asset": "USDT", "amount": "-1"}]) == "replay.balance_negative"
    assert code(template=RSI, colour="red") == "request.invalid"
    assert code(template={"template": "none"}) == "templates.not_found"
    unknown = {**RSI["parameters"], "instrument": "BINANCE:NO/USDT"}  # type: ignore[dict-item]
    assert code(template={"template": "rsi", "parameters": unknown}) == "candles.series_not_found"
    assert code(template=RSI, **{"from": "9" * 30}) == "instant.malformed"
    ten = [{"name": "a", "definition": BUYING}] * 10
    assert code(rule_sets=ten, resolution="1m", to=format_instant(START + timedelta(days=417))) == "replay.too_long"
    foreign = {**BUYING, "rules": [{"name": "a", "condition": {**WHEN_LOW, "left": f"value(PORTFOLIO:{uuid4()})"}}]}
    assert code(rule_sets=[{"name": "a", "definition": foreign}]) == "rules.not_yours"


def test_what_takes_too_long_is_refused_with_what_to_shorten(analytics: FakeAnalytics) -> None:
    hasty = FakeAnalytics(analytics.fake, analytics.candles, analytics.token, within_s=-1.0)
    told = hasty.call("POST", "/replays", {**ASKED, "template": RSI, "balances": CASH})
    assert (told.status, told.code) == (413, "replay.too_large")
    assert "fewer rule sets" in told.json["detail"]
    grid = {**ASKED, "balances": CASH, **RSI, "grid": {"period": ["7", "14"]}}
    assert hasty.call("POST", "/replays/sweeps", grid).code == "replay.too_large"


def test_a_grid_is_tried_and_sorted(analytics: FakeAnalytics) -> None:
    asked = {**ASKED, "balances": CASH, "template": "rsi", "parameters": RSI["parameters"]}
    grid = {"buy_below": ["25", "40", "70"], "period": ["7", "14"]}
    told = analytics.call("POST", "/replays/sweeps", {**asked, "grid": grid}).json
    returns = [Decimal(row["figures"]["return_ratio"]) for row in told["rows"]]
    assert len(returns) == 4
    assert returns == sorted(returns, reverse=True)
    assert {row["code"] for row in told["refused"]} == {"templates.parameter_invalid"}
    one = {**RSI, "parameters": {**asked["parameters"], **told["rows"][0]["parameters"]}}  # type: ignore[dict-item]
    alone = analytics.call("POST", "/replays", {**ASKED, "balances": CASH, "template": one}).json
    assert alone["figures"] == told["rows"][0]["figures"]
    falls = analytics.call("POST", "/replays/sweeps", {**asked, "grid": grid, "sort": "max_drawdown_ratio"}).json
    depths = [Decimal(row["figures"]["max_drawdown_ratio"]) for row in falls["rows"]]
    assert depths == sorted(depths)
    none = {**asked, "grid": {"buy_below": ["70"]}}
    assert analytics.call("POST", "/replays/sweeps", none).code == "templates.parameter_invalid"
    many = {**asked, "grid": {"buy_below": ["1"] * 20, "sell_above": ["99"] * 20}}
    assert analytics.call("POST", "/replays/sweeps", many).code == "replay.grid_too_large"


def test_templates_say_what_they_need_and_make_rule_sets(analytics: FakeAnalytics) -> None:
    told = analytics.call("GET", "/strategy-templates").json["items"]
    assert [each["template"] for each in told] == ["portfolio_trailing_stop", "dca", "grid", "rsi", "moving_averages"]
    parameters = {each["name"]: each for each in told[3]["parameters"]}
    assert parameters["buy_below"]["default"] == "30"
    assert parameters["account"]["default"] is None
    built = analytics.call("POST", "/strategy-templates/rsi/rule-sets", {"parameters": RSI["parameters"]}).json
    assert [each["name"] for each in built["rule_sets"]] == [
        "RSI BTC/USDT: entry",
        "RSI BTC/USDT: exit",
        "RSI BTC/USDT: stop",
    ]
    missing = analytics.call("POST", "/strategy-templates/rsi/rule-sets", {})
    assert missing.code == "templates.parameter_missing"


def test_a_run_in_shadow_is_simulated(analytics: FakeAnalytics) -> None:
    kept, fake = _kept(analytics), analytics.fake
    key = (_tenant(analytics), kept)
    quiet = analytics.call("GET", f"/rule-sets/{kept}/shadow").json
    assert (quiet["firings"], quiet["simulated"], quiet["shadow_since"]) == ([], None, None)
    row = fake.rule_sets.rows[key]
    shadowed = replace(row.stored, rule_set=replace(row.rule_set, mode=Mode.SHADOW))
    fake.rule_sets.rows[key] = replace(row, stored=shadowed, shadow_since=fake.clock.now())
    fake.rule_sets.fired.append(_firing(*key, analytics))
    told = analytics.call("GET", f"/rule-sets/{kept}/shadow").json
    assert len(told["firings"]) == 1
    assert told["days_left"] == pytest.approx(3)
    assert [fill["side"] for fill in told["simulated"]["fills"]] == ["buy"]
    assert told["simulated"]["fills"][0]["at"] == format_instant(START + timedelta(hours=30, minutes=1))
    assert told["simulated"]["firings"][0]["evidence"][0]["text"] == "seen"
    fake.candles.bars[str(BTC)] = []
    assert analytics.call("GET", f"/rule-sets/{kept}/shadow").json["simulated"] is None
    fake.candles.bars[str(BTC)] = candles(MINUTES)


def _kept(analytics: FakeAnalytics) -> RuleSetId:
    tenant_id = _tenant(analytics)
    known = [each for tenant, each in analytics.fake.rule_sets.rows if tenant == tenant_id]
    if known:
        return known[0]
    definition = {**BUYING, "active_hours": None, "policy": "stop"}
    by = By(tenant_id, UserId(UUID(int=1)), CorrelationId("c"))
    return analytics.fake.desk().rules.desk.create(by, "low", definition).rule_set.rule_set_id


def _firing(tenant: TenantId, rule_set_id: RuleSetId, analytics: FakeAnalytics) -> Firing:
    return Firing(
        tenant_id=tenant,
        rule_set_id=rule_set_id,
        firing_id=FiringId(uuid4()),
        version=1,
        mode=Mode.SHADOW,
        number=1,
        instant=START + timedelta(hours=30, seconds=20),
        fired_at=analytics.fake.clock.now(),
        reason="low",
        evidence={"seen": Seen(Decimal(1), "candles", START)},
        correlation_id=CorrelationId("c"),
    )


def test_strangers_learn_nothing(analytics: FakeAnalytics) -> None:
    kept = _kept(analytics)
    token = analytics.token
    analytics.sign_in(BORIS)
    assert analytics.call("GET", f"/rule-sets/{kept}/shadow").code == "rules.not_found"
    assert analytics.call("POST", "/replays", {**ASKED, "rule_set_ids": [str(kept)]}).code == "rules.not_found"
    analytics.token = ""
    assert analytics.call("POST", "/replays", {**ASKED, "template": RSI}).code == "token.missing"
    analytics.token = token
    assert analytics.call("GET", "/replays").code == "request.unknown_path"
