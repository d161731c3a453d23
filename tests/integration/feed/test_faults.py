"""Servers that die and browsers that don't read: everybody ends with the present state, in order."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession

from nightdesk.adapters.postgres.database import Database
from nightdesk.contracts.live import WATCHED
from stacks.local.valkey import ValkeyServer
from tests.builders.browser import CANDLES, PORTFOLIO, TICKERS, Browser
from tests.builders.gateway_process import gateway_process
from tests.integration.feed.rig import LiveDesk, add_account, deposit, shown, ticker
from tests.integration.feed.test_subscriptions import AT, LATER, MIDNIGHT_MS, MINUTE_MS, bars, store
from tests.servers import Postgres

pytestmark = [pytest.mark.anyio, pytest.mark.integration]
SERIES = "FAULT:BTC/USDT"


async def test_valkey_killed_and_back_everybody_begins_anew(postgres: Postgres, own_valkey: ValkeyServer) -> None:
    async with LiveDesk(postgres, own_valkey.url).running() as desk:
        store(desk, SERIES, bars(0, 10))
        anna = desk.person(("USDT", "100"))
        browser = await desk.browser(anna)
        portfolio = await browser.subscribe(PORTFOLIO)
        tickers = await browser.subscribe(TICKERS)
        candles = await browser.subscribe(CANDLES, series=SERIES, resolution="1m")
        assert (await browser.next(portfolio))["whole"]
        await browser.next(tickers)
        assert (await browser.next(candles))["atMs"] == MIDNIGHT_MS + 9 * MINUTE_MS
        await desk.publish(*ticker("BTC/USDT", "5", at=LATER))
        assert (await browser.next(tickers))["rows"][0]["last"] == "5"

        own_valkey.end_leftover()  # kill -9
        store(desk, SERIES, bars(10, 12))
        await asyncio.sleep(0.3)
        own_valkey.start()
        assert (await browser.next(portfolio))["whole"]
        fresh = await browser.next(tickers)
        assert [(row["last"], row["at"]) for row in fresh["rows"]] == [("5", LATER)]
        missed = [await browser.next(candles)]
        while missed[-1]["atMs"] < MIDNIGHT_MS + 11 * MINUTE_MS:
            missed.append(await browser.next(candles))
        assert {MIDNIGHT_MS + n * MINUTE_MS for n in (10, 11)} <= {bar["atMs"] for bar in missed}

        await desk.publisher.connection_pool.disconnect()
        await desk.publish(*ticker("BTC/USDT", "4", at=AT))  # older than what is known
        await desk.publish(f"candle.{SERIES}", shown(SERIES, MIDNIGHT_MS + 12 * MINUTE_MS, 1, 1, 1, 1, 1))
        assert (await browser.next(candles))["atMs"] == MIDNIGHT_MS + 12 * MINUTE_MS
        assert await browser.silent(tickers)
        assert await desk.publisher.zscore(WATCHED, str(anna.tenant_id)) is not None
        assert desk.switchboard.lives > 1


async def test_a_browser_that_does_not_read_is_bounded_and_sent_away(postgres: Postgres, valkey_url: str) -> None:
    async with LiveDesk(postgres, valkey_url, send_within_s=1.0).running() as desk:
        slow, quick = await desk.browser(desk.person()), await desk.browser(desk.person())
        for browser in (slow, quick):
            await browser.next(await browser.subscribe(TICKERS))
        slow.stop_reading()
        flood = asyncio.create_task(_flood(desk))
        try:
            async with asyncio.timeout(30):
                while desk.switchboard.followers["ticker"] == 2:
                    followers = desk.feeds.ticker_topic._followers
                    assert all(len(follower._waiting) <= 600 for follower in followers)
                    await asyncio.sleep(0.05)
        finally:
            flood.cancel()
        slow.read_on()
        assert await slow.closed_with() in {1006, 1013}
        await asyncio.sleep(0.3)
        await desk.publish(*ticker("LAST/ONE", "1"))
        await quick.until("1", lambda batch: any(row["series"] == "BINANCE:LAST/ONE" for row in batch["rows"]))


async def _flood(desk: LiveDesk) -> None:
    """So many prices that no buffer holds them."""
    number = 0
    while True:
        number += 1
        async with desk.publisher.pipeline(transaction=False) as pipeline:
            for market in range(500):
                subject, message = ticker(f"FLOOD{market}/USDT", str(number))
                pipeline.publish(subject, str(message).replace("'", '"'))
            await pipeline.execute()
        await asyncio.sleep(0.1)


async def test_the_gateway_killed_browsers_come_back_to_the_present(
    postgres: Postgres, valkey_url: str, tmp_path: Path
) -> None:
    with gateway_process(postgres.url("app"), valkey_url, tmp_path / "gateway.log") as gateway:
        database = Database(postgres.url("app"))
        signed_in = gateway.sign_in()
        tenant_id = signed_in.caller.tenant_id
        account_id = add_account(postgres, tenant_id)
        deposit(database, tenant_id, account_id, ("USDT", "1"))
        gateway.start()
        await gateway.ready()
        async with ClientSession() as session:
            first = await _whole(session, gateway.url, signed_in.access_token)
            gateway.kill()
            assert await first.closed_with() == 1006
            deposit(database, tenant_id, account_id, ("USDT", "1"), ("BTC", "2"))
            gateway.start()
            await gateway.ready()
            again = Browser(session, gateway.url)
            await again.open(signed_in.access_token)
            await again.admitted()
            whole = await again.next(await again.subscribe(PORTFOLIO))
            assert {row["asset"]: row["quantity"] for row in whole["holdings"]} == {"USDT": "1", "BTC": "2"}
        database.close()


async def _whole(session: ClientSession, url: str, token: str) -> Browser:
    browser = Browser(session, url)
    await browser.open(token)
    await browser.admitted()
    assert (await browser.next(await browser.subscribe(PORTFOLIO)))["whole"]
    return browser
