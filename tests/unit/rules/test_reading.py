from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from nightdesk.accounts.model import AccountState
from nightdesk.candles.model import PortfolioSeries
from nightdesk.execution.scope import Scope
from nightdesk.indicators.model import Leaf, Metric, MetricName
from nightdesk.kernel.assets import AssetId, VenueId, parse_instrument
from nightdesk.kernel.ids import AccountId
from nightdesk.lots.average_cost import Position
from nightdesk.markets.model import Price
from nightdesk.portfolio.model import Books, Holding, PortfolioAccount
from nightdesk.portfolio.service import value_books
from nightdesk.portfolio.valuation import PriceGraph
from nightdesk.rules.holdings import Held
from nightdesk.rules.model import Operand, TrailingStop
from nightdesk.rules.reading import ExactReadings, Seen, portfolio_metric
from tests.builders.rules import TENANT, at

ACCOUNT = AccountId(UUID(int=1))
BTC, USDT = AssetId("BTC"), AssetId("USDT")
MARKET = parse_instrument("BINANCE:BTC/USDT")
PRICE = Price(instrument=MARKET, last=Decimal(100), at=at(0))


@dataclass(frozen=True, slots=True)
class FakeBars:
    def seen(self, leaf: Leaf) -> Seen:  # noqa: ARG002 - one figure
        return Seen(Decimal("29.5"), "candles", at(0))

    def past(self, operand: Operand, at: datetime) -> Seen:  # noqa: ARG002 - one figure
        return Seen(Decimal(80), "candles", at)


def held() -> Held:
    position = Position(Decimal(2), Decimal(0), {USDT: Decimal(150)}, {USDT: Decimal(7)})
    cash = Position(Decimal(50), Decimal(0), {USDT: Decimal(50)}, {})
    holdings = tuple(
        Holding(account_id=ACCOUNT, asset=asset, position=each, folded_at=at(0), folded_sequence=1, stale=False)
        for asset, each in ((BTC, position), (USDT, cash))
    )
    account = PortfolioAccount(
        account_id=ACCOUNT, venue=VenueId("binance"), label="a", state=AccountState.ACTIVE, refreshed_at=None
    )
    return Held(books=Books(base_asset=USDT, accounts=(account,), holdings=holdings, reported=()), heads={ACCOUNT: 1})


def readings(books: Held | None, *prices: Price) -> ExactReadings:
    known = {price.instrument: price for price in prices}
    return ExactReadings(at(5), known, FakeBars(), graph=PriceGraph(prices), portfolio_id=TENANT, held=books)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("price(BINANCE:BTC/USDT)", "100"),
        ("staleness(BINANCE:BTC/USDT)", "5"),
        ("spread(BINANCE:BTC/USDT)", None),
        ("price(BINANCE:ETH/USDT)", None),
        ("price(BINANCE:BTC/USDT) / 3", "33.333333333333333333333333333333333333"),
        ("RSI(BINANCE:BTC/USDT,15m)", "29.5"),
        (f"value(PORTFOLIO:{TENANT})", "250"),
        (f"value(PORTFOLIO:{TENANT},BTC)", "200"),
        (f"value(ACCOUNT:{ACCOUNT})", "250"),
        (f"balance(PORTFOLIO:{TENANT},BTC)", "2"),
        (f"balance(PORTFOLIO:{TENANT},ETH)", "0"),
        (f"allocation(PORTFOLIO:{TENANT},BTC)", "0.8"),
        (f"realised_pnl(PORTFOLIO:{TENANT})", "7"),
        (f"unrealised_pnl(PORTFOLIO:{TENANT})", "50"),
        (f"pnl(PORTFOLIO:{TENANT})", "57"),
        (f"drawdown(PORTFOLIO:{TENANT})", None),
        ("signal(breakout)", None),
        (f"value(PORTFOLIO:{UUID(int=99)})", "0"),
        (f"allocation(PORTFOLIO:{UUID(int=99)},BTC)", None),
    ],
)
def test_figures_are_exact(text: str, value: str | None) -> None:
    told = readings(held(), PRICE).value(Operand(text))
    assert told == (None if value is None else Decimal(value))


def test_every_figure_that_was_asked_for_is_kept_with_its_source() -> None:
    asked = readings(held(), PRICE)
    asked.value(Operand("price(BINANCE:BTC/USDT) - RSI(BINANCE:BTC/USDT,15m)"))
    asked.past(Operand("price(BINANCE:BTC/USDT)"), at(-60))
    asked.scope(TrailingStop(trail_ratio=Decimal("0.1"), scope=Scope(asset=BTC)), None)
    assert list(asked.seen.values()) == [
        Seen(Decimal(100), "price", at(0)),
        Seen(Decimal("29.5"), "candles", at(0)),
        Seen(Decimal(80), "candles", at(-60)),
        Seen(Decimal(200), "ledger", at(5)),
    ]
    assert list(asked.seen)[-1] == "value of position BTC"


def test_a_figure_is_read_once() -> None:
    asked = readings(held(), PRICE)
    both = f"value(PORTFOLIO:{TENANT}) - value(PORTFOLIO:{TENANT},BTC) + 0 * value(PORTFOLIO:{TENANT})"
    assert asked.value(Operand(both)) == 50
    assert len(asked.seen) == 2


def test_without_books_or_for_a_bot_nothing_is_known() -> None:
    stop = TrailingStop(trail_ratio=Decimal("0.1"))
    assert readings(None).value(Operand(f"value(PORTFOLIO:{TENANT})")) is None
    assert readings(None).scope(stop, None) is None
    assert readings(held()).scope(replace(stop, bot_id="1"), None) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("bid(BINANCE:BTC/USDT)", "99.5"),
        ("ask(BINANCE:BTC/USDT)", "100"),
        ("spread(BINANCE:BTC/USDT)", "0.005"),
        ("bid(BINANCE:ETH/USDT)", None),
    ],
)
def test_quotes_are_as_the_market_told_them(text: str, value: str | None) -> None:
    quoted = replace(PRICE, bid=Decimal("99.5"), ask=Decimal(100))
    assert readings(None, quoted).value(Operand(text)) == (None if value is None else Decimal(value))


def test_a_drawdown_is_from_the_highest_or_from_the_present_if_that_is_higher() -> None:
    def drawdown(highest: str, books: Held) -> Decimal | None:
        made = ExactReadings(
            at(5),
            {MARKET: PRICE},
            FakeBars(),
            graph=PriceGraph([PRICE]),
            portfolio_id=TENANT,
            held=books,
            highest=lambda _: Seen(Decimal(highest), "candles", at(0)),
        )
        return made.value(Operand(f"drawdown(PORTFOLIO:{TENANT})"))

    assert drawdown("500", held()) == Decimal("0.5")
    assert drawdown("10", held()) == 0
    assert drawdown("0", replace(held(), books=replace(held().books, holdings=()))) is None


def test_a_drawdown_is_no_figure_of_holdings() -> None:
    known = readings(held(), PRICE)
    known.value(Operand(f"value(PORTFOLIO:{TENANT})"))
    metric = Metric(MetricName.DRAWDOWN, PortfolioSeries(TENANT))
    portfolio = value_books(TENANT, held().books, PriceGraph([PRICE]), at(5))
    assert portfolio_metric(portfolio, metric) is None
