from datetime import timedelta
from decimal import Decimal

from nightdesk.kernel.assets import parse_instrument
from nightdesk.markets.model import Price
from nightdesk.portfolio.packed_prices import PackedPrices
from tests.builders.ledger import RECORDED


def test_what_is_packed_comes_out_digit_for_digit_and_in_its_order() -> None:
    told = [("KRAKEN:BTC/USDT", "50000.10", 7), ("BINANCE:PEPE/USDT", "1E-8", -1), ("HTX:ETH/BTC", "0.060", 2**70)]
    prices = {
        (market := parse_instrument(name)): Price(
            instrument=market, last=Decimal(last), at=RECORDED + timedelta(microseconds=number % 1_000), number=number
        )
        for name, last, number in told
    }
    unpacked = PackedPrices.pack(prices).unpacked()
    assert list(unpacked.items()) == list(prices.items())
    assert [str(price.last) for price in unpacked.values()] == ["50000.10", "1E-8", "0.060"]
    assert PackedPrices.pack({}).unpacked() == {}
