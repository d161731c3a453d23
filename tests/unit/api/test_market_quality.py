from decimal import Decimal

from nightdesk.kernel.assets import parse_instrument
from nightdesk.markets.quality import Cause
from nightdesk.markets.quality_ports import MarketQuality, SeenRefused
from nightdesk.markets.quality_watch import Standing, State
from tests.builders.ledger import RECORDED
from tests.fakes.desk import Caller, FakeDesk

SPIKE = SeenRefused(
    cause=Cause.SPIKE,
    seen_at=RECORDED,
    at=RECORDED,
    last="150000",
    bid=None,
    ask="NaN",
    compared=Decimal(100),
    sources=4,
    deviation_bp=Decimal("14990000.00"),
)


def market(name: str, state: State = State.GOOD, **counts: int) -> MarketQuality:
    standing = Standing(
        instrument=parse_instrument(name),
        state=state,
        since=RECORDED,
        last=Decimal("100.10"),
        at=RECORDED,
        median=Decimal(100),
        sources=4,
        deviation_bp=Decimal("10.00"),
    )
    told = {Cause(cause): count for cause, count in counts.items()}
    return MarketQuality(standing=standing, updated_at=RECORDED, counts=told, latest=SPIKE if told else None)


def test_each_market_tells_state_deviation_and_what_was_refused(anna: Caller, fake: FakeDesk) -> None:
    fake.quality.markets = [market("BINANCE:BTC/USDT", State.QUARANTINED, spike=3, crossed=1)]
    answer = anna.call("GET", "/api/v1/market-quality").json

    (item,) = answer["items"]
    assert (item["venue"], item["symbol"], item["state"], item["refused"]) == ("binance", "BTC/USDT", "quarantined", 4)
    assert (item["deviation_bp"], item["median"], item["sources"]) == ("10", "100", 4)
    assert (item["latest"]["last"], item["latest"]["ask"], item["latest"]["compared"]) == ("150000", "NaN", "100")
    assert (answer["counts"], answer["total"]) == ({"spike": 3, "crossed": 1}, 1)


def test_markets_come_page_by_page_and_by_filter(anna: Caller, fake: FakeDesk) -> None:
    fake.quality.markets = [market("KRAKEN:BTC/USD"), market("BINANCE:BTC/USDT", zero=1), market("BINANCE:ETH/USDT")]
    first = anna.call("GET", "/api/v1/market-quality?limit=2").json
    rest = anna.call("GET", f"/api/v1/market-quality?limit=2&cursor={first['next_cursor']}").json
    bad = anna.call("GET", "/api/v1/market-quality?refused=true").json
    spikes = anna.call("GET", "/api/v1/market-quality?cause=spike&venue=BINANCE").json

    assert [item["symbol"] for item in first["items"]] == ["BTC/USDT", "ETH/USDT"]
    assert [item["venue"] for item in rest["items"]] == ["kraken"]
    assert rest["next_cursor"] is None
    assert [item["symbol"] for item in bad["items"]] == ["BTC/USDT"]
    assert spikes["items"] == []


def test_samples_of_a_market_come_newest_first(anna: Caller, fake: FakeDesk) -> None:
    fake.quality.seen[parse_instrument("BINANCE:BTC/USDT")] = [SPIKE]
    path = "/api/v1/market-quality/refused?market=BINANCE:BTC/USDT"

    assert [item["last"] for item in anna.call("GET", path).json["items"]] == ["150000"]
    assert anna.call("GET", f"{path}&cause=zero").json["items"] == []


def test_nonsense_is_refused_by_a_stable_code(anna: Caller) -> None:
    cursor = anna.call("GET", "/api/v1/market-quality?cursor=nonsense")
    unknown = anna.call("GET", "/api/v1/market-quality/refused?market=BTC")

    assert (cursor.status, cursor.json["code"]) == (400, "market_quality.cursor_malformed")
    assert (unknown.status, unknown.json["code"]) == (400, "instrument.malformed")
    assert anna.call("GET", "/api/v1/market-quality?cause=whim").status == 400


def test_quality_is_shown_to_nobody_without_a_token(stranger: Caller) -> None:
    assert stranger.call("GET", "/api/v1/market-quality").status == 401
