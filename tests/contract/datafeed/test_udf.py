"""Our datafeed, read by a client that knows the public protocol alone; on a real PostgreSQL and Valkey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest

from nightdesk.adapters.postgres.candles import PostgresCandleStore
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import Batch
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.assets import parse_instrument
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import Fact
from nightdesk.ledger.service import append
from nightdesk.markets.model import Price
from tests.builders.ledger import CORRELATION, RECORDED, movement, trade
from tests.builders.stored_desk import StoredDesk, stored_desk
from tests.contract.datafeed.udf_client import Refused, Reply, UdfClient
from tests.fakes.desk import Caller
from tests.servers import Postgres
from tests.unit.api.test_accounts import connect

pytestmark = pytest.mark.integration
START = datetime(2026, 10, 24, tzinfo=UTC)
MINUTES = 3 * 24 * 60 + 77
FROM, UNTIL = int(START.timestamp()), int((START + timedelta(days=9)).timestamp())
BASE = "/api/v1/datafeed/udf"


@dataclass(frozen=True, slots=True)
class World:
    """A market with bars, and somebody who may read."""

    stored: StoredDesk
    caller: Caller
    postgres: Postgres
    name: str

    @property
    def tenant_id(self) -> TenantId:
        return TenantId(UUID(self.caller.call("GET", "/api/v1/me").json["tenant_id"]))

    @property
    def client(self) -> UdfClient:
        return UdfClient(lambda path, asked: ask(self.caller, BASE + path, asked))

    def candles(self, series: str, resolution: str) -> list[list[float]]:
        """What the desk's own API says."""
        query = f"series={series}&resolution={resolution}&limit=5000"
        items: list[list[float]] = self.caller.call("GET", f"/api/v1/candles?{query}").json["items"]
        return items

    def record(self, *facts: Fact) -> None:
        account_id = AccountId(UUID(connect(self.caller).json["account_id"]))
        with self.stored.stores.database.transaction(tenant_id=self.tenant_id) as connection:
            append(
                PostgresLedgerStore(connection),
                self.tenant_id,
                account_id,
                facts,
                recorded_at=RECORDED,
                correlation_id=CORRELATION,
            )


def ask(caller: Caller, path: str, asked: Mapping[str, str]) -> Reply:
    """As API Gateway hands it on: the query decoded."""
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    answer = caller.call("GET", f"{path}?{query}" if query else path)
    return Reply(answer.status, answer.headers["Content-Type"][0], answer.text)


def store_bars(postgres: Postgres, name: str, resolution: Resolution, bars: list[Candle]) -> None:
    database = Database(postgres.url("streams"))
    rows = tuple(CandleRow(name, resolution, bar, "trades") for bar in bars)
    assert not PostgresCandleStore(database).upsert([Batch(1, rows)])
    database.close()


def bar(index: int, step: timedelta = timedelta(minutes=1)) -> Candle:
    price = 100.0 + (index * 7919) % 50
    return Candle(START + index * step, price, price + index % 3, price - 1 - index % 5, price - index % 2, index % 4)


@pytest.fixture
def world(postgres: Postgres, valkey_url: str) -> Iterator[World]:
    name = f"TEST:{uuid4().hex[:12].upper()}/USDT"
    store_bars(postgres, name, Resolution.MINUTE, [bar(index) for index in range(MINUTES)])
    with stored_desk(postgres.url("app"), valkey_url) as stored:
        yield World(stored, stored.somebody(), postgres, name)


def test_a_library_finds_its_way_from_the_configuration_to_the_end_of_history(world: World) -> None:
    client = world.client
    config = client.config()
    assert config["supports_search"] is True
    assert "TEST" in [each["value"] for each in config["exchanges"]]
    (found,) = client.search(world.name.partition(":")[2].lower(), kind="crypto", exchange="TEST")
    symbol = client.resolve(found["ticker"])
    assert (symbol.ticker, symbol.session, symbol.timezone) == (world.name, "24x7", "Etc/UTC")
    assert set(symbol.resolutions) <= set(config["supported_resolutions"])
    bars = client.whole_history(symbol.ticker, "1", UNTIL, page=1000)
    assert len(bars) == MINUTES
    assert bars[0].at == FROM
    assert abs(client.time() - world.stored.clock.now().timestamp()) < 2


@pytest.mark.parametrize(
    ("resolution", "ours"),
    [
        ("3", "3m"),
        ("5", "5m"),
        ("15", "15m"),
        ("60", "1h"),
        ("120", "2h"),
        ("240", "4h"),
        ("1D", "1d"),
        ("3D", "3d"),
        ("W", "1w"),
        ("M", "1M"),
    ],
)
def test_its_history_is_what_the_desks_own_api_says(world: World, resolution: str, ours: str) -> None:
    told = world.candles(world.name, ours)
    paged = world.client.whole_history(world.name, resolution, UNTIL, page=50)
    assert [[bar.at * 1000, bar.open, bar.high, bar.low, bar.close, bar.volume] for bar in paged] == told
    page = world.client.history(world.name, resolution, 0, UNTIL)
    assert list(page.bars) == paged


def test_counting_back_wins_over_the_beginning_and_the_end_is_exclusive(world: World) -> None:
    end = FROM + 600
    page = world.client.history(world.name, "1", end - 60, end, 5)
    assert [bar.at for bar in page.bars] == [FROM + 60 * index for index in range(5, 10)]
    page = world.client.history(world.name, "1", end - 120, end)
    assert [bar.at for bar in page.bars] == [FROM + 480, FROM + 540]


def test_where_there_is_nothing_it_says_where_there_is(world: World) -> None:
    client, last = world.client, FROM + (MINUTES - 1) * 60
    assert client.history(world.name, "1", last + 3600, last + 7200).next_at == last
    assert client.history(world.name, "1", 0, FROM).next_at is None
    assert client.history(world.name, "1", 0, FROM, 300) == replace(client.history(world.name, "1", 0, FROM))


def test_a_hundred_years_of_minutes_are_the_newest_five_thousand_at_most(world: World) -> None:
    century = 100 * 366 * 86400
    page = world.client.history(world.name, "1", FROM - century, FROM + century)
    assert len(page.bars) == min(MINUTES, 5000)
    assert len(world.client.history(world.name, "1", -century, 10**15, 999_999_999).bars) == min(MINUTES, 5000)


def test_what_can_not_be_meant_is_refused_in_the_protocols_own_words(world: World) -> None:
    good = {"symbol": world.name, "resolution": "60", "from": str(FROM), "to": str(UNTIL)}
    wrong = {
        "datafeed.symbol_malformed": {"symbol": "nothing"},
        "candles.series_not_found": {"symbol": "TEST:NO/SUCH"},
        "datafeed.resolution_unknown": {"resolution": "1S"},
        "datafeed.range": {"from": str(UNTIL), "to": str(FROM)},
        "datafeed.countback": {"countback": "-5"},
    }
    for path in ("/history", "/marks", "/timescale_marks"):
        for code, change in wrong.items():
            if path == "/history" or "countback" not in change:
                assert world.client.refusal(path, good | change).startswith(f"{code}: ")
        assert world.client.refusal(path, {}).startswith("datafeed.")
        for text in ("", "now", "1e9", "NaN", "9" * 40):
            assert world.client.refusal(path, good | {"to": text}).startswith("datafeed.range")
    for text in ("", "0", "-1", "1.5", "x", "00S", "99999999", "D1"):
        assert world.client.refusal("/history", good | {"resolution": text}).startswith("datafeed.resolution_unknown")
    assert world.client.refusal("/symbols", {"symbol": "TEST:NO/SUCH"}).startswith("datafeed.symbol_unknown")
    assert world.client.refusal("/symbols", {"symbol": "x" * 5000}).startswith("datafeed.symbol_malformed")
    assert world.client.refusal("/symbol_info", {"group": "TEST"}).startswith("datafeed.no_groups")
    assert world.client.refusal("/quotes", {}).startswith("datafeed.symbols")
    assert world.client.search("", limit=0 + 1, exchange="NOWHERE") == []


def test_a_portfolio_is_a_series_of_its_owner_alone(world: World) -> None:
    name = f"PORTFOLIO:{world.tenant_id}"
    symbol = world.client.resolve(name)
    assert "5" not in symbol.resolutions
    assert symbol.raw["visible_plots_set"] == "ohlc"
    assert world.client.history(name, "15", 0, UNTIL).bars == ()
    quarter = timedelta(minutes=15)
    store_bars(
        world.postgres, name, Resolution.MINUTES_15, [replace(bar(index, quarter), volume=0) for index in range(200)]
    )
    paged = world.client.whole_history(name, "60", UNTIL, page=7)
    told = world.candles(name, "1h")
    assert [[bar.at * 1000, bar.open, bar.high, bar.low, bar.close, bar.volume] for bar in paged] == told
    assert world.client.refusal("/history", {"symbol": name, "resolution": "5", "from": "0", "to": "1"})
    stranger = replace(world, caller=world.stored.somebody())
    with pytest.raises(Refused, match="symbol_unknown"):
        stranger.client.resolve(name)
    assert stranger.client.search(name) == []
    assert name in [each["ticker"] for each in world.client.search("portfolio", kind="portfolio")]


def test_trades_and_firings_are_marked_on_their_bars(world: World) -> None:
    market = parse_instrument(world.name)
    seconds = (START - datetime(2024, 1, 1, tzinfo=UTC)).total_seconds()
    symbol = f"{market.base}/{market.quote}"
    buy = trade(1, "0.5", "-50", symbol=symbol, second=seconds + 90)
    many = [trade(10 + n, "-0.01", "1.5", symbol=symbol, second=seconds + 7200 + n) for n in range(15)]
    before = trade(2, "1", "-100", symbol=symbol, second=seconds - 86400)
    world.record(
        *(replace(fact, instrument=market) for fact in (buy, *many, before)), trade(3, "1", "-9", second=seconds)
    )
    fire(world, f"price({world.name}) is above 1", START + timedelta(minutes=130))
    fire(world, f"price({world.name}X) is above 1", START + timedelta(minutes=131))
    marks = world.client.marks(world.name, "60", FROM, UNTIL)
    first, *rest = marks
    assert (first.at, first.label) == (FROM, "B")
    assert first.text == f"Bought 0.5 {market.base} at 100 USDT"
    assert {mark.at for mark in rest} == {FROM + 7200}
    assert len(rest) == 10
    assert rest[-1].text == "7 more happened in this bar"
    starts = {bar.at for bar in world.client.history(world.name, "60", FROM, UNTIL).bars}
    assert {mark.at for mark in marks} <= starts
    fired = [mark for mark in world.client.marks(world.name, "1", FROM, UNTIL) if mark.label == "R"]
    assert [(mark.at, mark.text) for mark in fired] == [(FROM + 130 * 60, "watch fired: it rose")]
    assert replace(world, caller=world.stored.somebody()).client.marks(world.name, "60", FROM, UNTIL) == []


def test_a_portfolio_is_marked_with_whatever_its_owner_traded(world: World) -> None:
    name = f"PORTFOLIO:{world.tenant_id}"
    quarter = timedelta(minutes=15)
    store_bars(world.postgres, name, Resolution.MINUTES_15, [replace(bar(n, quarter), volume=0) for n in range(8)])
    seconds = (START - datetime(2024, 1, 1, tzinfo=UTC)).total_seconds()
    world.record(
        trade(1, "0.5", "-50", second=seconds + 1000),
        trade(2, "-3", "60", symbol="ETH/USDT", second=seconds + 2000),
        movement(3, "EUR", "7", second=seconds + 3000),
    )
    fire(world, "anything at all", START + timedelta(minutes=100))
    marks = world.client.marks(name, "15", FROM, UNTIL)
    assert [(mark.label, (mark.at - FROM) // 900) for mark in marks] == [("B", 1), ("S", 2), ("R", 6)]
    (deposit,) = world.client.timescale_marks(name, "15", FROM, UNTIL)
    assert deposit["tooltip"] == ["Deposited 7 EUR"]


def test_deposits_stand_below_the_bars(world: World) -> None:
    base = parse_instrument(world.name).base
    seconds = (START - datetime(2024, 1, 1, tzinfo=UTC)).total_seconds()
    world.record(movement(1, base, "2", second=seconds + 60), movement(2, base, "-1", second=seconds + 120))
    (mark,) = world.client.timescale_marks(world.name, "60", FROM, UNTIL)
    assert (mark["time"], mark["tooltip"]) == (FROM, [f"Deposited 2 {base}", f"Withdrew 1 {base}"])


def test_quotes_tell_the_price_book_and_the_day(world: World) -> None:
    market = parse_instrument(world.name)
    world.stored.clock.at = START + timedelta(days=3, hours=1)
    price = Price(instrument=market, last=Decimal("123.45"), at=START + timedelta(days=3, hours=1))
    put_price(world, price)
    quotes = world.client.quotes([world.name, "TEST:NO/SUCH", "nonsense"])
    assert quotes["TEST:NO/SUCH"] is None
    assert quotes["nonsense"] is None
    told = quotes[world.name]
    assert told is not None
    days = world.candles(world.name, "1d")
    assert (told["lp"], told["prev_close_price"], told["open_price"]) == (123.45, days[-2][4], days[-1][1])
    assert told["ch"] == pytest.approx(123.45 - days[-2][4])


def test_the_price_step_is_the_markets_own(world: World) -> None:
    market = parse_instrument(world.name)
    world.stored.rules.put(market, "0.05")
    symbol = world.client.resolve(world.name)
    assert (symbol.minmov, symbol.pricescale) == (5, 100)
    put_price(world, Price(instrument=market, last=Decimal("61234.5"), at=START))
    world.stored.rules.put(market, "0.00000001", price_digits=5)
    assert world.client.resolve(world.name).raw["pricescale"] == 1


def test_a_token_reads_the_datafeed_of_its_tenant_and_nothing_else(world: World) -> None:
    made = world.caller.call("POST", "/api/v1/datafeed-tokens", {"name": "wall screen"}).json
    anybody = Caller(world.caller.desk)
    client = UdfClient(lambda path, asked: ask(anybody, made["path"] + path, asked))
    bars = client.history(world.name, "60", FROM, UNTIL).bars
    assert bars == world.client.history(world.name, "60", FROM, UNTIL).bars
    assert client.resolve(f"PORTFOLIO:{world.tenant_id}")
    token = made["path"].split("/")[4]
    with psycopg.connect(world.postgres.url("superuser")) as connection:
        kept = connection.execute("SELECT datafeed_tokens::text FROM datafeed_tokens").fetchall()
    assert kept
    assert not [row for row in kept if token in row[0]]
    for path in (f"/api/v1/datafeed/{token}/candles", "/api/v1/candles", f"/api/v1/datafeed/{token}/../accounts"):
        assert anybody.call("GET", path, headers={"X-Token": token}).status == 401
        assert Caller(world.caller.desk, token).call("GET", path).status == 401
    assert anybody.call("POST", made["path"] + "/config").status == 405
    (listed,) = world.caller.call("GET", "/api/v1/datafeed-tokens").json["items"]
    assert listed["last_used_at"]
    assert listed["path"] is None
    stranger = world.stored.somebody()
    assert stranger.call("DELETE", f"/api/v1/datafeed-tokens/{made['token_id']}").status == 404
    assert world.caller.call("DELETE", f"/api/v1/datafeed-tokens/{made['token_id']}").status == 204
    refused = anybody.call("GET", made["path"] + "/config")
    assert (refused.status, refused.code) == (401, "datafeed.token_unknown")
    assert token not in refused.text


def put_price(world: World, price: Price) -> None:
    ValkeyPriceBook(world.stored.stores.cache).put([price])


def fire(world: World, condition: str, instant: datetime) -> None:
    """A firing of a rule set that says this."""
    tenant, rule_set = world.tenant_id, uuid4()
    with psycopg.connect(world.postgres.url("superuser")) as connection:
        connection.execute(
            "INSERT INTO rule_sets (tenant_id, rule_set_id, portfolio_id, name, version, mode, definition, created_at)"
            " VALUES (%s, %s, %s, 'watch', 1, 'draft', '{}', now())",
            (tenant, rule_set, tenant),
        )
        connection.execute(
            "INSERT INTO rule_set_versions"
            " VALUES (%s, %s, 1, 'watch', jsonb_build_object('text', %s::text), %s, now())",
            (tenant, rule_set, condition, uuid4()),
        )
        connection.execute(
            "INSERT INTO rule_firings VALUES (%s, %s, %s, 1, 1, 'live', %s, now(), 'it rose', '{}', 'x')",
            (tenant, rule_set, uuid4(), instant),
        )
