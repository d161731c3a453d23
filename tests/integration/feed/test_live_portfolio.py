"""Everything together, as processes: a paper exchange whose market runs fast, streamer, writer, tracker, gateway."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import ClientSession

from nightdesk.accounts.model import Account, Credential, ImportState
from nightdesk.candles.model import Candle
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.ids import TenantId
from tests.builders.browser import CANDLES, FEEDS, PORTFOLIO, TICKERS, Browser
from tests.builders.desk_accounts import DeskAccounts
from tests.builders.gateway_process import GatewayProcess, gateway_process
from tests.integration.candles.rig import Rig
from tests.servers import Postgres

pytestmark = [pytest.mark.anyio, pytest.mark.integration]
SPEED = 300
NEAR = 1e-9
PATIENCE_S = 120
QUARTER = Resolution.MINUTES_15.span
QUARTER_S = QUARTER.total_seconds() / SPEED
HELD = {"USDT": "1000", "BTC": "2", "ETH": "10"}


@dataclass(slots=True)
class World:
    """The processes, and a tenant with an account."""

    rig: Rig
    gateway: GatewayProcess
    token: str
    tenant_id: TenantId
    desk: DeskAccounts
    credential: Credential
    account: Account

    @property
    def series(self) -> str:
        return f"PORTFOLIO:{self.tenant_id}"

    def track(self) -> None:
        """Start the tracker."""
        self.rig.start("tracker", "portfolio_tracker", database_url=self.rig.url("tracker"), tracker_repair_every_s="1")

    def bars(self) -> list[Candle]:
        """The portfolio's stored bars."""
        return self.rig.bars(self.series, "15m")

    async def stored(self, count: int) -> list[Candle]:
        """Wait until so many bars are stored without a hole between them."""
        await self.eventually(lambda: len(self.bars()) >= count and _is_gapless(self.bars()))
        return self.bars()

    async def eventually(self, true: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + within_s
        while not await asyncio.to_thread(true):
            assert time.monotonic() < deadline, (_breaks(self.bars()), self.bars(), self.rig.log("tracker")[-3000:])
            await asyncio.sleep(0.2)


def _is_gapless(bars: list[Candle]) -> bool:
    starts = [bar.at for bar in bars]
    return all(later - earlier == QUARTER for earlier, later in pairwise(starts))


def _breaks(bars: list[Candle]) -> list[tuple[Candle, Candle]]:
    """Neighbours of which the later one does not open with the close of the earlier one."""
    return [(early, late) for early, late in pairwise(bars) if late.open != pytest.approx(early.close, rel=NEAR)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    rig = Rig(tmp_path)
    rig.paper = rig.servers.start_paper(tmp_path / "paper", "--speed", str(SPEED))
    log_file = tmp_path / "gateway.log"
    try:
        with gateway_process(rig.url("app"), rig.valkey.url, log_file) as gateway:
            signed_in = gateway.sign_in()
            tenant_id = signed_in.caller.tenant_id
            postgres = Postgres(
                port=rig.postgres.port, superuser_password=rig.postgres.password, passwords=rig.passwords
            )
            desk = DeskAccounts(
                postgres=postgres, paper=rig.paper, key_file=tmp_path / "vault.key", tenant_id=tenant_id
            )
            credential = desk.open_at_venue({"kind": "empty", "balances": HELD})
            account = desk.connect(credential)
            assert desk.import_all(account).state is ImportState.DONE
            yield World(rig, gateway, signed_in.access_token, tenant_id, desk, credential, account)
            desk.close()
    finally:
        rig.stop()


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    world.rig.start("writer", "candle_writer", streams_claim_after_s="1")
    world.rig.start("streamer", "market_streamer", streams_symbols="BTC/USDT,ETH/USDT", streams_markets_max="2")
    world.track()
    world.gateway.start()
    await world.gateway.ready()
    async with ClientSession() as session:
        browser = Browser(session, world.gateway.url)
        await browser.open(world.token)
        await browser.admitted()
        yield browser


async def test_a_portfolio_lives_and_every_boundary_has_its_candle(world: World, browser: Browser) -> None:
    feeds = await browser.subscribe(FEEDS)
    await browser.until(feeds, lambda told: told["state"] == "live", within_s=PATIENCE_S)
    tickers = await browser.subscribe(TICKERS, series=["BINANCE:BTC/USDT"])
    await browser.until(tickers, lambda batch: batch["rows"], within_s=PATIENCE_S)
    portfolio = await browser.subscribe(PORTFOLIO)
    whole = await browser.next(portfolio)
    assert whole["whole"]
    assert {row["asset"]: row["quantity"] for row in whole["holdings"]} == HELD
    change = await browser.until(portfolio, lambda told: told["number"] > 1 and told["assets"])
    later = await browser.until(portfolio, lambda told: not told["whole"] and told["total"] != change["total"])
    assert later["number"] > change["number"]

    await world.eventually(lambda: len(world.rig.bars("BINANCE:BTC/USDT", "1m")) > 0)
    candles = await browser.subscribe(CANDLES, series=world.series, resolution="15m")
    minutes = await browser.subscribe(CANDLES, series="BINANCE:BTC/USDT", resolution="1m")
    await browser.until(minutes, lambda bar: bar["closed"])
    forming = await browser.until(candles, lambda bar: not bar["closed"], within_s=PATIENCE_S)
    await browser.until(candles, lambda bar: bar["closed"] and bar["atMs"] >= forming["atMs"], within_s=PATIENCE_S)

    before = len(await world.stored(2))
    world.rig.kill("tracker")
    await asyncio.sleep(1.5 * QUARTER_S)
    world.track()
    await world.stored(before + 5)
    await world.eventually(lambda: not _breaks(world.bars()))
    bars = world.bars()
    assert len({bar.at for bar in bars}) == len(bars)
    assert all(bar.low < bar.high for bar in bars)
    whole_again = await browser.until(portfolio, lambda told: told["whole"], within_s=PATIENCE_S)
    if not whole_again["total"]["complete"]:  # its cached prices were minutes old by this market's clock
        await browser.until(portfolio, lambda told: told["total"]["complete"], within_s=PATIENCE_S)
