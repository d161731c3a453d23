"""Balances and prices: paper exchange, gateway, PostgreSQL, Valkey."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from redis import Redis

from nightdesk.accounts.model import Account, AccountState, RefreshJob
from nightdesk.accounts.refreshing import RefreshService
from nightdesk.adapters.postgres.accounts import PostgresAccountsUnits
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.adapters.redis.turnstile import ValkeyTurnstile
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import AccountId
from nightdesk.markets.model import Price
from nightdesk.markets.ports import PriceBook
from tests.builders.desk_accounts import CORRELATION, DeskAccounts, desk_accounts
from tests.fakes.clock import NOON
from tests.fakes.portfolio import FakePriceBook
from tests.servers import Paper, Postgres

pytestmark = pytest.mark.integration


@pytest.fixture
def desk(postgres: Postgres, paper: Paper, tmp_path: Path) -> Iterator[DeskAccounts]:
    with desk_accounts(postgres, paper, tmp_path) as made:
        yield made


@pytest.fixture
def cache(valkey_url: str) -> Redis:
    client = valkey(valkey_url)
    client.delete("prices:binance", "turnstile:prices:binance")
    return client


def refresher(desk: DeskAccounts, cache: Redis) -> RefreshService:
    return RefreshService(
        units=PostgresAccountsUnits(desk.app),
        gateway=desk.gateway,
        prices=ValkeyPriceBook(cache),
        turnstile=ValkeyTurnstile(cache),
        clock=desk.clock,
    )


def job_for(desk: DeskAccounts, account: Account) -> RefreshJob:
    return RefreshJob(tenant_id=desk.tenant_id, account_id=account.account_id, correlation_id=CORRELATION)


def balances(desk: DeskAccounts, account: Account) -> dict[str, Decimal]:
    query = "SELECT asset, free + locked FROM reported_balances WHERE account_id = %s"
    return dict(desk.rows(query, account.account_id))


def test_what_the_venue_holds_and_what_things_cost(desk: DeskAccounts, cache: Redis) -> None:
    credential = desk.open_at_venue({"kind": "empty", "balances": {"USDT": "1000", "BTC": "0.5"}})
    account = desk.connect(credential)
    refresher(desk, cache).run(job_for(desk, account))
    assert balances(desk, account) == {"USDT": 1000, "BTC": Decimal("0.5")}
    prices = {price.instrument.symbol: price.last for price in ValkeyPriceBook(cache).all(VenueId("binance"))}
    assert prices["BTC/USDT"] > 0
    assert desk.service().get(desk.tenant_id, account.account_id).refreshed_at is not None


def test_asset_that_is_gone_is_gone(desk: DeskAccounts, cache: Redis) -> None:
    credential = desk.open_at_venue({"kind": "empty", "balances": {"USDT": "1000", "BTC": "0.5"}})
    account = desk.connect(credential)
    refresher(desk, cache).run(job_for(desk, account))
    desk.paper.admin("POST", f"/accounts/{credential.key}/withdrawals", {"asset": "BTC", "amount": "0.5"})
    refresher(desk, cache).run(job_for(desk, account))
    assert balances(desk, account) == {"USDT": 1000}


def test_prices_are_fetched_once_for_many_accounts(desk: DeskAccounts, cache: Redis) -> None:
    account = desk.connect(desk.open_at_venue({"kind": "empty"}))
    service = refresher(desk, cache)
    service.run(job_for(desk, account))
    cache.delete("prices:binance")
    service.run(job_for(desk, account))
    assert ValkeyPriceBook(cache).all(VenueId("binance")) == ()


def test_key_that_holds_no_more_makes_the_account_failing(desk: DeskAccounts, cache: Redis) -> None:
    credential = desk.open_at_venue({"kind": "empty"})
    account = desk.connect(credential)
    desk.paper.admin("DELETE", f"/accounts/{credential.key}")
    refresher(desk, cache).run(job_for(desk, account))
    failing = desk.service().get(desk.tenant_id, account.account_id)
    assert (failing.state, failing.state_code) == (AccountState.FAILING, "accounts.key_wrong")


def test_unknown_account_is_nothing_to_do(desk: DeskAccounts, cache: Redis) -> None:
    account = desk.connect(desk.open_at_venue({"kind": "empty"}))
    refresher(desk, cache).run(replace(job_for(desk, account), account_id=AccountId(uuid4())))


def test_cache_that_is_down_does_not_stop_balances(desk: DeskAccounts) -> None:
    account = desk.connect(desk.open_at_venue({"kind": "empty", "balances": {"USDT": "7"}}))
    refresher(desk, valkey("redis://127.0.0.1:9")).run(job_for(desk, account))
    assert balances(desk, account) == {"USDT": 7}


def price(last: str, seconds: float) -> Price:
    instrument = Instrument(VenueId("binance"), AssetId("BTC"), AssetId("USDT"))
    return Price(instrument=instrument, last=Decimal(last), at=NOON + timedelta(seconds=seconds))


@pytest.fixture(params=["fake", "valkey"])
def book(request: pytest.FixtureRequest, cache: Redis) -> PriceBook:
    return FakePriceBook() if request.param == "fake" else ValkeyPriceBook(cache)


def test_older_price_never_replaces_a_newer_one(book: PriceBook) -> None:
    book.put([price("50000.00000001", 5)])
    book.put([price("1", 4)])
    assert book.all(VenueId("binance")) == (price("50000.00000001", 5),)
    book.put([price("2", 6)])
    assert book.all(VenueId("binance")) == (price("2", 6),)


def test_venues_are_kept_apart(book: PriceBook) -> None:
    book.put([price("2", 6)])
    assert book.all(VenueId("kraken")) == ()


def test_unreadable_price_is_left_out(cache: Redis) -> None:
    book = ValkeyPriceBook(cache)
    book.put([price("2", 6)])
    cache.hset("prices:binance", "ETH/USDT", "rubbish")
    cache.hset("prices:binance", "ETHUSDT", '{"last": "1", "at": "2026-03-01T12:00:00.000000Z"}')
    assert book.all(VenueId("binance")) == (price("2", 6),)


@pytest.mark.parametrize("rubbish", ["rubbish", "1", "{}", '{"at": 7}'])
def test_unreadable_price_is_replaced(cache: Redis, rubbish: str) -> None:
    cache.hset("prices:binance", "BTC/USDT", rubbish)
    book = ValkeyPriceBook(cache)
    book.put([price("2", 6)])
    assert book.all(VenueId("binance")) == (price("2", 6),)


def test_cache_that_is_down_is_told() -> None:
    with pytest.raises(Unavailable) as error:
        ValkeyPriceBook(valkey("redis://127.0.0.1:9")).all(VenueId("binance"))
    assert error.value.code == "cache.unavailable"
