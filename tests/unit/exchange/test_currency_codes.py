from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from nightdesk.adapters.exchange.currency_codes import known_code
from nightdesk.kernel.assets import AssetId, asset_id, is_unknown


@dataclass
class Raw:
    """As much of ccxt's client as names currencies."""

    currencies_by_id: Mapping[str, object] | None = field(default_factory=lambda: {"BTC": {}, "UST": {}})
    currencies: Mapping[str, object] = field(default_factory=lambda: {"BTC": {}, "USDT": {}})

    def safe_currency_code(self, name: str) -> str:
        return {"UST": "USDT", "XXBT": "BTC", "DSH": "DASHX"}.get(name, name.upper())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("BTC", "BTC"),  # it has a market
        ("UST", "USDT"),  # the venue's id of one
        ("XXBT", "BTC"),  # another id of it
        ("DSH", "DASHX"),  # ccxt knows it by another name
        ("EUR", "EUR"),  # everybody knows it
        ("BCC", "BCC"),  # delisted long ago
        ("NFT0007", "?NFT0007"),
        ("a raw id", "A RAW ID"),  # no code at all: whoever reads it refuses it
    ],
)
def test_code_is_known_or_marked(name: str, code: str) -> None:
    assert known_code(Raw())(name) == code


def test_marked_code_is_an_asset_that_nothing_is_booked_of() -> None:
    assert is_unknown(asset_id(known_code(Raw())("NFT0007")))
    assert not is_unknown(AssetId("BTC"))


def test_nothing_is_doubted_before_the_markets_are_loaded() -> None:
    assert known_code(Raw(currencies_by_id=None))("NFT0007") == "NFT0007"
