"""Rates of the assets and currencies that values can be shown in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import multiply
from nightdesk.markets.fx import FxRates
from nightdesk.portfolio.figures import Valuer
from nightdesk.portfolio.valuation import Rate

DISPLAY_ASSETS: Final = tuple(map(AssetId, ("USDT", "USDC", "EUR", "BTC", "ETH")))
EURO: Final = AssetId("EUR")
_CODES: Final = (
    "USD", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "CNY", "HKD",
    "SGD", "KRW", "INR", "TWD", "THB", "SEK", "NOK", "DKK", "PLN",
    "CZK", "HUF", "TRY", "ILS", "ZAR", "AED", "BRL", "MXN",
)  # fmt: skip
CURRENCIES: Final = tuple(map(AssetId, _CODES))
"""The currencies most traded against others, by regions."""

TABLE_TOO_OLD: Final = timedelta(days=4)
"""A table so much older than the euro's price is not used: longer than any weekend with holidays."""


def display_rates(valuer: Valuer, fx: FxRates | None) -> Mapping[AssetId, Decimal]:
    """The base asset per unit of each asset or currency that a rate is known of.

    Currencies other than the euro come through it: the euro's price at the venue times the table's cross rate. So
    no stablecoin is taken for the currency that it is named after.
    """
    rates = {asset: rate.value for asset in DISPLAY_ASSETS if (rate := valuer.rate(asset))}
    euro = valuer.rate(EURO)
    if fx is None or euro is None or EURO not in fx.rates or _is_too_old(fx, euro):
        return rates
    told = {each: multiply(euro.value, fx.cross(each, EURO)) for each in CURRENCIES if each in fx.rates}
    return {**rates, **{currency: rate for currency, rate in told.items() if rate > 0}}


def _is_too_old(fx: FxRates, euro: Rate) -> bool:
    return euro.at is not None and euro.at - fx.at > TABLE_TOO_OLD
