"""Rates of currencies that values can be shown in."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nightdesk.kernel.assets import AssetId
from nightdesk.markets.fx import FxRates
from nightdesk.markets.model import Price
from nightdesk.portfolio.display import CURRENCIES, DISPLAY_ASSETS, TABLE_TOO_OLD, display_rates
from nightdesk.portfolio.figures import Valuer
from nightdesk.portfolio.valuation import PriceGraph
from tests.builders.ledger import RECORDED
from tests.unit.portfolio.test_valuation import price

USDT, EUR = AssetId("USDT"), AssetId("EUR")
TABLE = FxRates(
    source="test",
    base=AssetId("USD"),
    at=RECORDED,
    rates={
        AssetId("USD"): Decimal(1),
        EUR: Decimal("0.8"),
        AssetId("GBP"): Decimal("0.64"),
        AssetId("XAU"): Decimal("0.0003"),
        AssetId("BTC"): Decimal("0.00001"),
    },
)


def rates(*prices: Price, fx: FxRates | None = TABLE, base: str = "USDT") -> dict[str, Decimal]:
    return {str(asset): rate for asset, rate in display_rates(Valuer(PriceGraph(prices), AssetId(base)), fx).items()}


def test_currencies_come_through_the_euros_price_so_a_dollar_is_not_a_tether() -> None:
    told = rates(price("EUR/USDT", "1.3"))
    assert told == {"USDT": 1, "EUR": Decimal("1.3"), "USD": Decimal("1.04"), "GBP": Decimal("1.625")}


def test_a_market_of_the_venue_wins_over_the_table() -> None:
    assert rates(price("EUR/USDT", "1.3"), price("BTC/USDT", "90000"))["BTC"] == 90000


def test_rates_keep_eighteen_decimals() -> None:
    table = replace(TABLE, rates={EUR: Decimal("0.7"), AssetId("KRW"): Decimal(1467)})
    assert rates(price("EUR/USDT", "1.17"), fx=table)["KRW"] == Decimal("0.000558282208588957")


def test_without_a_table_or_the_euros_price_there_are_the_venues_rates_only() -> None:
    assert set(rates(price("EUR/USDT", "1.3"), fx=None)) == {"USDT", "EUR"}
    assert set(rates(price("BTC/USDT", "90000"))) == {"USDT", "BTC"}
    assert set(rates(price("EUR/USDT", "1.3"), fx=replace(TABLE, rates={AssetId("GBP"): Decimal(1)}))) == {
        "USDT",
        "EUR",
    }


def test_a_table_much_older_than_the_euros_price_is_not_used() -> None:
    old = replace(TABLE, at=RECORDED - TABLE_TOO_OLD)
    assert "GBP" in rates(price("EUR/USDT", "1.3"), fx=old)
    assert "GBP" not in rates(price("EUR/USDT", "1.3"), fx=replace(old, at=old.at - timedelta(seconds=1)))


def test_the_euro_as_base_needs_no_price_of_itself() -> None:
    assert rates(base="EUR")["GBP"] == Decimal("1.25")


def test_no_currency_is_also_a_venues_asset() -> None:
    assert not set(CURRENCIES) & set(DISPLAY_ASSETS)
    assert len(CURRENCIES) == len(set(CURRENCIES))
