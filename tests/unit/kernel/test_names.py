from uuid import UUID

import pytest

from nightdesk.kernel.assets import (
    SPOT,
    asset_id,
    is_unknown,
    isolated_wallet,
    parse_instrument,
    unknown_asset,
    wallet_id,
    without_mark,
)
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId, entry_id


def test_asset_is_upper_case() -> None:
    assert asset_id(" btc ") == "BTC"


@pytest.mark.parametrize("text", ["", " ", "B T", "x" * 41, "BTC;", "БТС"])
def test_text_that_names_no_asset_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        asset_id(text)


@pytest.mark.parametrize("text", ["spot", "margin", "futures", "funding", "earn", "isolated:BTC/USDT"])
def test_wallet_is_one_of_those_known(text: str) -> None:
    assert wallet_id(text) == text


@pytest.mark.parametrize("text", ["", "Spot", "spot ", "isolated:", "isolated:btc/usdt", "isolated"])
def test_text_that_names_no_wallet_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        wallet_id(text)


def test_isolated_wallet_is_of_its_market() -> None:
    assert isolated_wallet("BTC/USDT") == "isolated:BTC/USDT" != SPOT


def test_instrument_comes_back_from_its_series_name() -> None:
    instrument = parse_instrument("BINANCE:XRP/ETH")
    assert (instrument.venue, instrument.symbol, str(instrument)) == ("binance", "XRP/ETH", "BINANCE:XRP/ETH")


@pytest.mark.parametrize("text", ["", "XRP/ETH", "BINANCE:XRP", "BINANCE:/ETH", ":XRP/ETH", "BINANCE:XRP/ETH/X"])
def test_text_that_names_no_instrument_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_instrument(text)


def test_entry_id_is_the_same_for_the_same_event_only() -> None:
    one, other = AccountId(UUID(int=1)), AccountId(UUID(int=2))
    assert entry_id(one, "trade:1") == entry_id(one, "trade:1")
    assert len({entry_id(one, "trade:1"), entry_id(one, "trade:2"), entry_id(other, "trade:1")}) == 3


def test_code_that_nobody_knows_is_marked() -> None:
    marked = unknown_asset(" xyz ")
    assert (marked, without_mark(marked), is_unknown(marked)) == ("?XYZ", "XYZ", True)
    assert asset_id("?xyz") == unknown_asset("?XYZ") == marked
    assert not is_unknown(asset_id("XYZ"))
