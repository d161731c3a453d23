"""Reference data through the API: pages, sources, refusals."""

from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.kernel.assets import AssetId
from nightdesk.markets.fx_checking import CheckedRate, RateState, Told
from nightdesk.markets.reference_ports import MarketDay
from nightdesk.markets.sources import SourceState
from tests.fakes.desk import Caller, FakeDesk
from tests.fakes.reference import AT, market_cap, unmapped


def rate(currency: str, state: RateState = RateState.SINGLE, **more: object) -> CheckedRate:
    return CheckedRate(
        currency=AssetId(currency),
        state=state,
        rate=Decimal("0.9"),
        source="openexchangerates",
        at=AT,
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def fake() -> FakeDesk:
    fake = FakeDesk()
    differing = {
        "first": Told(source="openexchangerates", rate=Decimal("1.2"), at=AT),
        "other": Told(source="ecb", rate=Decimal("0.91"), at=AT - timedelta(hours=20)),
        "deviation_ratio": Decimal("0.3187"),
        "differs_since": AT,
    }
    fake.reference.fx = [rate("EUR", RateState.DIFFERS, **differing), rate("AED"), rate("JPY")]
    fake.reference.coins = [market_cap(1, "BTC"), unmapped(2, "SOL"), market_cap(3, "ETH")]
    fake.reference.states = [SourceState(source="coinmarketcap", asked_at=AT, made_at=AT, items=3, credits_month=5)]
    fake.reference.market_days = [
        MarketDay(series=f"BINANCE:{symbol}", since=AT, open=1.5, volume=20.25) for symbol in ("BTC/USDT", "ETH/USDT")
    ]
    return fake


@pytest.fixture
def caller(fake: FakeDesk) -> Caller:
    caller = Caller(fake.desk())
    caller.sign_in()
    return caller


@pytest.mark.parametrize(
    ("path", "name", "names"),
    [
        ("fx-rates", "currency", ["AED", "EUR", "JPY"]),
        ("market-caps", "symbol", ["BTC", "SOL", "ETH"]),
        ("market-days", "series", ["BINANCE:BTC/USDT", "BINANCE:ETH/USDT"]),
    ],
)
def test_lists_come_in_pages(caller: Caller, path: str, name: str, names: list[str]) -> None:
    found: list[str] = []
    cursor = ""
    while True:
        page = caller.call("GET", f"/api/v1/{path}?limit=1{cursor}").json
        found += [item[name] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == names
    assert len(caller.call("GET", f"/api/v1/{path}").json["items"]) == len(names)


def test_a_rate_tells_both_sources_while_they_differ(caller: Caller) -> None:
    page = caller.call("GET", "/api/v1/fx-rates").json
    euro = page["items"][1]
    assert (page["base"], page["bound_ratio"]) == ("USD", "0.03")
    assert (euro["state"], euro["rate"], euro["used"], euro["deviation_ratio"]) == ("differs", "0.9", True, "0.3187")
    assert (euro["first"]["rate"], euro["other"]["source"], euro["other"]["rate"]) == ("1.2", "ecb", "0.91")
    assert page["items"][0]["other"] is None


def test_a_coin_whose_asset_is_not_proven_says_why(caller: Caller) -> None:
    first, second, _ = caller.call("GET", "/api/v1/market-caps").json["items"]
    assert (first["asset"], first["mapped_by"], first["high_known_since"]) == ("BTC", "id", None)
    assert (first["potential_ratio"], first["drawdown_ratio"], first["market_cap"]) == ("1", "0.5", "10000000000")
    assert (second["asset"], second["unmapped"]) == (None, "shared_symbol")
    assert second["high_known_since"]


def test_sources_tell_ages_and_credits(caller: Caller) -> None:
    (source,) = caller.call("GET", "/api/v1/reference-sources").json["items"]
    assert (source["source"], source["items"], source["credits_month"], source["answered_at"]) == (
        "coinmarketcap",
        3,
        5,
        None,
    )


def test_an_empty_portfolio_has_empty_parts(caller: Caller) -> None:
    shown = caller.call("GET", "/api/v1/portfolio/market-caps").json
    assert shown["positions"] == []
    assert shown["potential_ratio"] is None
    assert shown["listed_at"]
    assert {each["value"] for each in shown["by_size"]} == {"0"}


@pytest.mark.parametrize("cursor", ["x", "1:", "-1:2", "9" * 40 + ":1"])
def test_a_place_that_can_not_be_meant(caller: Caller, cursor: str) -> None:
    answer = caller.call("GET", f"/api/v1/market-caps?cursor={cursor}")
    assert (answer.status, answer.code) == (400, "cursor.malformed")


@pytest.mark.parametrize(
    "path", ["fx-rates", "market-caps", "market-days", "reference-sources", "portfolio/market-caps"]
)
def test_nobody_asks_without_a_token(fake: FakeDesk, path: str) -> None:
    assert Caller(fake.desk()).call("GET", f"/api/v1/{path}").status == 401
