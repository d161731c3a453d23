"""Our client of Open Exchange Rates against the stand-in, over TLS and under the real host name."""

from decimal import Decimal

import pytest

from nightdesk.adapters.marketdata.openexchangerates import OpenExchangeRates
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Unavailable
from tests.servers import Paper

pytestmark = pytest.mark.integration


def test_the_latest_table(paper: Paper) -> None:
    rates = OpenExchangeRates("an-id", route=paper.route).latest()
    assert rates.base == "USD"
    assert rates.rates[AssetId("USD")] == 1
    assert rates.rates[AssetId("JPY")] == Decimal("156.84")
    assert 0 < rates.cross(AssetId("USD"), AssetId("EUR")) < 2


def test_a_missing_id_is_refused_without_naming_it(paper: Paper) -> None:
    with pytest.raises(Unavailable, match="401") as refusal:
        OpenExchangeRates("", route=paper.route).latest()
    assert refusal.value.code == "fx.unavailable"


def test_a_source_that_is_down(paper: Paper) -> None:
    route = f"local:127.0.0.1:1:{paper.ca_file}"
    with pytest.raises(Unavailable):
        OpenExchangeRates("an-id", route=route).latest()
