from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NotFound
from nightdesk.markets.fx import FxRates

USD, EUR, JPY = AssetId("USD"), AssetId("EUR"), AssetId("JPY")
RATES = {USD: Decimal(1), EUR: Decimal("0.8"), JPY: Decimal(160)}


def table(rates: dict[AssetId, Decimal]) -> FxRates:
    return FxRates(source="test", base=USD, at=datetime(2026, 1, 1, tzinfo=UTC), rates=rates)


def test_cross_goes_through_the_base() -> None:
    assert table(RATES).cross(EUR, JPY) == Decimal(200)


def test_cross_of_the_base_is_its_own_rate() -> None:
    assert table(RATES).cross(USD, EUR) == Decimal("0.8")


def test_an_unknown_currency_is_named() -> None:
    with pytest.raises(NotFound, match="XAU"):
        table(RATES).cross(USD, AssetId("XAU"))


@given(rate=st.decimals(min_value="0.000001", max_value="1000000", places=6))
def test_there_and_back_is_one_within_one_rounding(rate: Decimal) -> None:
    rates = table({USD: Decimal(1), EUR: rate})
    there_and_back = rates.cross(USD, EUR) * rates.cross(EUR, USD)
    assert abs(there_and_back - 1) <= rate * Decimal("1e-18")
