"""What is published on Valkey reaches the browsers that may see it, and nobody else."""

import asyncio
from uuid import uuid4

import pytest

from nightdesk.adapters.postgres.candles import PostgresCandleStore
from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import Batch
from nightdesk.candles.resolutions import Resolution
from nightdesk.contracts.live import WATCHED
from nightdesk.kernel.instants import from_ms
from tests.builders.browser import CANDLES, FEEDS, LEDGER, PORTFOLIO, TICKERS, Browser
from tests.integration.feed.rig import LiveDesk, shown, some_series, ticker

pytestmark = [pytest.mark.anyio, pytest.mark.integration]
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
MIDNIGHT_MS = 1_767_225_600_000  # 2026-01-01
AT = "2026-01-01T00:00:00.000000Z"
LATER = "2026-01-01T00:00:01.000000Z"


async def test_tickers_begin_with_last_known_prices_and_go_on(desk: LiveDesk) -> None:
    first, second = some_series(), some_series()
    await desk.priced("binance", first.partition(":")[2], "10.5", AT)
    browser = await desk.browser(desk.person())
    await asyncio.sleep(0.2)
    await desk.publish(*ticker(second.partition(":")[2], "2", at=AT))
    subscription = await browser.subscribe(TICKERS, series=[first, second])
    rows = (await browser.next(subscription))["rows"]
    assert {(row["series"], row["last"], row["bid"]) for row in rows} == {(first, "10.5", None), (second, "2", "2")}
    await desk.publish(*ticker(second.partition(":")[2], "3", at=LATER))
    (row,) = (await browser.next(subscription))["rows"]
    assert (row["series"], row["last"], row["bid"], row["at"]) == (second, "3", "3", LATER)


async def test_tickers_are_conflated_and_never_turned_back(desk: LiveDesk) -> None:
    series = some_series()
    symbol = series.partition(":")[2]
    browser = await desk.browser(desk.person())
    subscription = await browser.subscribe(TICKERS, series=[series])
    await browser.next(subscription)
    for number in range(200):
        await desk.publish(*ticker(symbol, str(number), at=f"2026-01-01T00:00:00.{number:06}Z"))
    await desk.publish(*ticker(symbol, "7", at=AT))
    batches = [await browser.next(subscription)]
    while batches[-1]["rows"][0]["last"] != "199":
        batches.append(await browser.next(subscription))
    assert len(batches) < 20
    assert await browser.silent(subscription)


async def test_feeds_tell_the_present_state_and_changes(desk: LiveDesk) -> None:
    status = {"v": 1, "venue": "binance", "state": "live", "since": AT, "last_message_at": AT}
    await desk.publish("feed:binance", status)
    browser = await desk.browser(desk.person())
    subscription = await browser.subscribe(FEEDS)
    await browser.until(subscription, lambda told: told["state"] == "live")
    await desk.publish("feed:binance", status | {"state": "stale"})
    await browser.until(subscription, lambda told: told["state"] == "stale")


def portfolio_message(tenant_id: object, number: int, **changes: object) -> dict[str, object]:
    total = {"value": "1", "complete": True, "priced_at": None}
    head = {"v": 1, "number": number, "whole": False, "as_of": LATER, "portfolio_id": str(tenant_id)}
    rows: dict[str, object] = {"accounts": [], "assets": [], "holdings": [], "unpriced": [], "rates": {"BTC": "5"}}
    return {**head, "base_asset": "USDT", "total": total, **rows, **changes}


def asset(name: str, value: str) -> dict[str, object]:
    unknown = ("price", "priced_at", "average_cost", "realised_pnl", "unrealised_pnl", "share_ratio")
    return {"asset": name, "quantity": "1", "unproven": "0", "value": value, **dict.fromkeys(unknown)}


async def test_the_portfolio_begins_whole_and_is_watched_at_once(desk: LiveDesk) -> None:
    anna = desk.person(("USDT", "100"), ("XYZ", "3"))
    browser = await desk.browser(anna)
    subscription = await browser.subscribe(PORTFOLIO)
    whole = await browser.next(subscription)
    assert (whole["number"], whole["whole"], whole["unpriced"]) == (1, True, ["XYZ"])
    assert {row["asset"]: row["quantity"] for row in whole["holdings"]} == {"USDT": "100", "XYZ": "3"}
    assert await desk.publisher.zscore(WATCHED, str(anna.tenant_id)) is not None
    await desk.publish(f"portfolio.{anna.tenant_id}", portfolio_message(anna.tenant_id, 7, assets=[asset("XYZ", "9")]))
    change = await browser.next(subscription)
    assert (change["number"], change["whole"]) == (2, False)
    assert [(row["asset"], row["value"]) for row in change["assets"]] == [("XYZ", "9")]
    assert change["rates"] == [{"asset": "BTC", "rate": "5"}]


async def test_a_number_left_out_brings_the_whole_again(desk: LiveDesk) -> None:
    anna = desk.person(("USDT", "100"))
    browser = await desk.browser(anna)
    subscription = await browser.subscribe(PORTFOLIO)
    await browser.next(subscription)
    subject = f"portfolio.{anna.tenant_id}"
    await desk.publish(subject, portfolio_message(anna.tenant_id, 3, assets=[asset("USDT", "1")]))
    assert not (await browser.next(subscription))["whole"]
    await desk.publish(subject, portfolio_message(anna.tenant_id, 5, assets=[asset("USDT", "2")]))
    again = await browser.next(subscription)
    assert again["whole"]
    assert again["assets"][0]["quantity"] == "100"


async def test_news_of_the_ledger_reach_their_own_tenant(desk: LiveDesk) -> None:
    anna, boris = desk.person(("USDT", "1")), desk.person(("USDT", "1"))
    hers, his = await desk.browser(anna), await desk.browser(boris)
    her_news, his_news = await hers.subscribe(LEDGER), await his.subscribe(LEDGER)
    for browser, news in ((hers, her_news), (his, his_news)):
        assert (await browser.next(news))["count"] == 0
    told = {"v": 1, "account_id": str(anna.account_id), "entries": [], "count": 60}
    await desk.publish(f"ledger.{anna.tenant_id}", told)
    news = await hers.next(her_news)
    assert (news["accountId"], news["count"], news["entries"]) == (str(anna.account_id), 60, [])
    assert await his.silent(his_news)


async def test_anothers_portfolio_never_arrives(desk: LiveDesk) -> None:
    anna, boris = desk.person(("USDT", "1")), desk.person(("USDT", "2"))
    his = await desk.browser(boris)
    portfolio = await his.subscribe(PORTFOLIO)
    assert (await his.next(portfolio))["holdings"][0]["quantity"] == "2"
    await desk.publish(f"portfolio.{anna.tenant_id}", portfolio_message(anna.tenant_id, 1))
    assert await his.silent(portfolio)
    candles = await his.subscribe(CANDLES, series=f"PORTFOLIO:{anna.tenant_id}", resolution="15m")
    assert await his.code_of(candles) == "candles.series_not_found"
    nobody = await his.subscribe(CANDLES, series=f"PORTFOLIO:{uuid4()}", resolution="15m")
    assert await his.code_of(nobody) == "candles.series_not_found"


def store(desk: LiveDesk, series: str, bars: list[Candle], resolution: Resolution = Resolution.MINUTE) -> None:
    database = Database(desk.postgres.url("streams"), max_size=1)
    rows = tuple(CandleRow(series, resolution, bar, "trades") for bar in bars)
    assert not PostgresCandleStore(database).upsert([Batch(1, rows)])
    database.close()


def bars(first: int, last: int) -> list[Candle]:
    """One-minute bars since midnight, each a dollar above the one before."""
    return [
        Candle(from_ms(MIDNIGHT_MS + n * MINUTE_MS), 100 + n, 101 + n, 99 + n, 100.5 + n, 1) for n in range(first, last)
    ]


async def follow(desk: LiveDesk, series: str, resolution: str) -> tuple[Browser, str]:
    browser = await desk.browser(desk.person())
    return browser, await browser.subscribe(CANDLES, series=series, resolution=resolution)


@pytest.mark.parametrize(
    ("resolution", "start", "opened", "volume"),
    [("1m", 149, 249.0, 1.0), ("5m", 145, 245.0, 5.0), ("1h", 120, 220.0, 30.0), ("1d", 0, 100.0, 150.0),
     ("1w", -3 * 1440, 100.0, 150.0), ("1M", 0, 100.0, 150.0)],
)  # fmt: skip
async def test_candles_of_every_length_form_from_what_is_stored_and_heard(
    desk: LiveDesk, resolution: str, start: int, opened: float, volume: float
) -> None:
    series = some_series()
    store(desk, series, bars(0, 150))
    browser, subscription = await follow(desk, series, resolution)
    first = await browser.next(subscription)
    assert first["atMs"] == MIDNIGHT_MS + start * MINUTE_MS
    assert (first["open"], first["close"], first["volume"]) == (opened, 249.5, volume)
    minute = MIDNIGHT_MS + 150 * MINUTE_MS
    await desk.publish(f"candle.{series}", shown(series, minute, 1, 500, 1, 300, 2))
    formed = await browser.next(subscription)
    assert (formed["high"], formed["close"], formed["closed"]) == (500, 300, False)
    longer = resolution not in {"1m", "5m"}
    assert formed["volume"] == (volume + 2 if longer else 2)
    assert formed["open"] == (opened if longer else 1)
    if longer:  # the same minute again counts once
        await desk.publish(f"candle.{series}", shown(series, minute, 1, 500, 1, 301, 3, closed=True))
        assert (await browser.next(subscription))["volume"] == volume + 3


async def test_a_longer_bar_closes_with_its_last_minute(desk: LiveDesk) -> None:
    series = some_series()
    store(desk, series, bars(0, 4))
    browser, subscription = await follow(desk, series, "5m")
    assert not (await browser.next(subscription))["closed"]
    await desk.publish(f"candle.{series}", shown(series, MIDNIGHT_MS + 4 * MINUTE_MS, 1, 2, 1, 2, 1, closed=True))
    closed = await browser.next(subscription)
    assert (closed["closed"], closed["volume"], closed["close"]) == (True, 5, 2)


async def test_a_bar_that_was_missed_is_read_when_it_is_stored(desk: LiveDesk) -> None:
    series = some_series()
    store(desk, series, bars(0, 10))
    browser, subscription = await follow(desk, series, "1m")
    assert (await browser.next(subscription))["atMs"] == MIDNIGHT_MS + 9 * MINUTE_MS
    await desk.publish(f"candle.{series}", shown(series, MIDNIGHT_MS + 12 * MINUTE_MS, 1, 1, 1, 1, 1))
    assert (await browser.next(subscription))["atMs"] == MIDNIGHT_MS + 12 * MINUTE_MS
    store(desk, series, bars(10, 12))
    told = [await browser.next(subscription) for _ in range(2)]
    while told[-1]["atMs"] < MIDNIGHT_MS + 12 * MINUTE_MS:
        told.append(await browser.next(subscription))
    assert {MIDNIGHT_MS + n * MINUTE_MS for n in (10, 11)} <= {bar["atMs"] for bar in told}


async def test_ones_own_portfolio_has_candles_before_any_is_stored(desk: LiveDesk) -> None:
    anna = desk.person()
    browser = await desk.browser(anna)
    series = f"PORTFOLIO:{anna.tenant_id}"
    refused = await browser.subscribe(CANDLES, series=series, resolution="1m")
    assert await browser.code_of(refused) == "candles.resolution_unavailable"
    subscription = await browser.subscribe(CANDLES, series=series, resolution="1h")
    await asyncio.sleep(0.2)
    await desk.publish(f"candle.{series}", shown(series, MIDNIGHT_MS, 1, 2, 1, 2, 0, resolution="15m"))
    assert (await browser.next(subscription))["close"] == 2


async def test_what_can_not_be_meant_is_refused(desk: LiveDesk) -> None:
    browser = await desk.browser(desk.person())
    for series, resolution, code in (
        ("BINANCE:NO/SUCH", "1m", "candles.series_not_found"),
        ("nonsense", "1m", "instrument.malformed"),
        ("PORTFOLIO:x", "1m", "candles.series_malformed"),
        ("BINANCE:BTC/USDT", "2m", "candles.resolution_unknown"),
    ):
        subscription = await browser.subscribe(CANDLES, series=series, resolution=resolution)
        assert await browser.code_of(subscription) == code
    many = await browser.subscribe(TICKERS, series=[f"BINANCE:A{n}/B" for n in range(1001)])
    assert await browser.code_of(many) == "tickers.too_many"


async def test_nobody_who_left_is_served(desk: LiveDesk) -> None:
    browser = await desk.browser(desk.person(("USDT", "1")))
    await browser.next(await browser.subscribe(PORTFOLIO))
    await browser.next(await browser.subscribe(TICKERS))
    assert desk.switchboard.followers["portfolio"] == desk.switchboard.followers["ticker"] == 1
    await browser.leave()
    await asyncio.sleep(0.2)
    assert not any(desk.switchboard.followers.values())
