from datetime import UTC, datetime

import pytest

from nightdesk.kernel.assets import AssetId, VenueId, asset_id
from nightdesk.markets.assets import NAMES, identify

BEFORE_TERRA_2 = datetime(2022, 5, 27, 23, 59, 59, 999_999, UTC)
TERRA_2 = datetime(2022, 5, 28, tzinfo=UTC)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("venue", "code", "at", "asset"),
    [
        ("binance", "LUNA", BEFORE_TERRA_2, "LUNC"),
        ("binance", "LUNA", TERRA_2, "LUNA"),
        ("kraken", "LUNC", BEFORE_TERRA_2, "LUNC"),
        ("coinbase", "MATIC", BEFORE_TERRA_2, "POL"),
        ("coinbase", "POL", NOW, "POL"),
        ("binance", "BCC", datetime(2018, 1, 1, tzinfo=UTC), "BCH"),
        ("binance", "BCC", NOW, "BCC"),
        ("binance", "BCHABC", NOW, "BCH"),
        ("bitfinex", "BCHABC", NOW, "BCHABC"),
        ("binance", "QUICK", datetime(2023, 7, 20, tzinfo=UTC), "QUICKOLD"),
        ("binance", "QUICK", NOW, "QUICK"),
        ("htx", "BTC", NOW, "BTC"),
    ],
)
def test_code_means_the_asset_of_its_venue_and_time(venue: str, code: str, at: datetime, asset: str) -> None:
    assert identify(VenueId(venue), AssetId(code), at) == asset


def test_every_name_says_where_it_can_be_read() -> None:
    assert all(name.source and asset_id(name.code) and asset_id(name.asset) for name in NAMES)


def test_what_was_identified_stays_so() -> None:
    """Facts pass more than once: a second look must not take LUNC for anything else."""
    for name in NAMES:
        at = name.valid_until and name.valid_until.replace(year=name.valid_until.year - 1)
        venue = VenueId("binance") if name.venue == "*" else name.venue
        assert identify(venue, name.asset, at or NOW) == name.asset
