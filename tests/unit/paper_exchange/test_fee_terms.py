"""Fees in the quote: on top of what a buy costs, set aside with it, given back with it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fargate.paper_exchange.engine.accounts import EmptyHistory, MadeHistory, RecordedHistory
from fargate.paper_exchange.engine.errors import InsufficientBalance
from fargate.paper_exchange.engine.market.catalogue import build_catalogue
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import FeeTerms, OrderRequest, OrderType, Permissions, Side
from fargate.paper_exchange.engine.store.history import FillPage

if TYPE_CHECKING:
    from pathlib import Path

    from fargate.paper_exchange.engine.accounts import WantedHistory
    from fargate.paper_exchange.engine.model import Account

    from .conftest import Desk


def account_of(desk: Desk, past: WantedHistory) -> Account:
    return desk.exchange.opener.open(
        "kraken", "q" * 56, "secret", label="q", permissions=Permissions(), past=past, terms=FeeTerms.QUOTE
    )


def limit(price: str, quantity: str = "1") -> OrderRequest:
    return OrderRequest("ETH/USDT", Side.BUY, OrderType.LIMIT, Decimal(quantity), Decimal(price))


def test_a_buy_sets_its_fee_aside_and_a_cancel_gives_it_back(desk: Desk) -> None:
    account = account_of(desk, EmptyHistory({"USDT": Decimal(1000)}))
    resting = desk.exchange.trading.submit(account.account_id, limit("90")).order
    assert desk.locked(account, "USDT") == Decimal("90.09")
    desk.exchange.trading.cancel(account.account_id, resting)
    assert [desk.free(account, "USDT"), desk.locked(account, "USDT")] == [1000, 0]


def test_a_buy_and_a_sell_pay_in_the_quote(desk: Desk) -> None:
    account = account_of(desk, EmptyHistory({"USDT": Decimal(1000), "ETH": Decimal(5)}))
    desk.exchange.trading.submit(account.account_id, limit("99"))
    desk.trade("98", "1")
    assert [desk.free(account, "ETH"), desk.free(account, "USDT")] == [6, Decimal("900.901")]
    sell = OrderRequest("ETH/USDT", Side.SELL, OrderType.LIMIT, Decimal(1), Decimal(101))
    desk.exchange.trading.submit(account.account_id, sell)
    desk.trade("102", "1")
    assert [desk.free(account, "ETH"), desk.free(account, "USDT")] == [5, Decimal("1001.8")]
    fills = desk.exchange.store.history.page(account.account_id, FillPage(10))
    assert {fill.fee_asset for fill in fills} == {"USDT"}
    assert desk.locked(account, "USDT") == 0


def test_who_can_pay_the_price_but_not_the_fee_is_refused(desk: Desk) -> None:
    account = account_of(desk, EmptyHistory({"USDT": Decimal(90)}))
    with pytest.raises(InsufficientBalance):
        desk.exchange.trading.submit(account.account_id, limit("90"))


@pytest.mark.parametrize("terms", list(FeeTerms))
def test_made_up_and_recorded_pasts_keep_to_the_terms(desk: Desk, recorded_trades: Path, terms: FeeTerms) -> None:
    markets = Markets(build_catalogue(3).views, desk.exchange.clock)
    opener = type(desk.exchange.opener)(desk.exchange.store, markets, desk.exchange.clock)
    assets = []
    pasts: list[WantedHistory] = [MadeHistory(trades=60, days=20), RecordedHistory(recorded_trades)]
    for number, past in enumerate(pasts):
        account = opener.open("x", f"{number}", "secret", label="", permissions=Permissions(), past=past, terms=terms)
        fills = desk.exchange.store.history.page(account.account_id, FillPage(100))
        assets.append({fill.fee_asset == fill.symbol.partition("/")[2] for fill in fills})
        assert all(row.free >= 0 for row in desk.exchange.store.accounts.balances(account.account_id))
    in_quote_only = {True}
    assert (assets == [in_quote_only, in_quote_only]) is (terms is FeeTerms.QUOTE)


def test_the_dollar_follows_the_pivot() -> None:
    views = build_catalogue(3).views
    now_ms = 1_760_000_000_000
    dollars, pivots = views["BTC/USD"].last(now_ms), views["BTC/USDT"].last(now_ms)
    tether = views["USDT/USD"].last(now_ms)
    assert dollars is not None
    assert pivots is not None
    assert tether is not None
    assert abs(dollars.price / pivots.price - 1) < Decimal("0.05")
    assert abs(tether.price - 1) < Decimal("0.02")
