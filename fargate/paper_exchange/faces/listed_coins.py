"""The thousand coins that the stand-in for CoinMarketCap lists: those of the paper exchange, and others nobody trades.

Supplies and highs are of late 2025, rounded; the others' names are made up, and two of them share the symbol of a coin
that is traded here, as happens on the real list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LISTED: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Coin:
    """A coin that is listed.

    Attributes:
        price: In dollars, where the paper exchange has no market of it.
        supply: None: nobody verified it.
        high: In dollars.
        high_at: The day it was reached.
    """

    number: int
    symbol: str
    name: str
    price: str
    supply: str | None
    high: str
    high_at: str
    stable: bool = False


_TRADED: Final = """
    1|BTC|Bitcoin|91500|19950000|126198.07|2025-10-06
    1027|ETH|Ethereum|3150|120690000|4953.73|2025-08-24
    825|USDT|Tether USDt|1|184000000000|1.2155|2015-02-25
    1839|BNB|BNB|870|137730000|1370.55|2025-10-13
    52|XRP|XRP|2.05|60100000000|3.84|2018-01-04
    5426|SOL|Solana|138|553000000|294.33|2025-01-19
    3408|USDC|USDC|0.9998|74000000000|2.3496|2018-10-15
    1958|TRX|TRON|0.28|94660000000|0.4407|2024-12-03
    74|DOGE|Dogecoin|0.146|151700000000|0.7376|2021-05-08
    2010|ADA|Cardano|0.43|35900000000|3.0992|2021-09-02
    1831|BCH|Bitcoin Cash|545|19950000|4355.62|2017-12-20
    1975|LINK|Chainlink|13.2|697000000|52.8761|2021-05-10
    512|XLM|Stellar|0.25|32200000000|0.9381|2018-01-04
    2|LTC|Litecoin|83|76500000|412.96|2021-05-10
    20947|SUI|Sui|1.6|3680000000|5.3519|2025-01-06
    5805|AVAX|Avalanche|13.9|427000000|146.218|2021-11-21
    11419|TON|Toncoin|1.6|2480000000|8.2425|2024-06-15
    6636|DOT|Polkadot|2.3|1637000000|55.0002|2021-11-04
    7083|UNI|Uniswap|6.1|630000000|44.9741|2021-05-03
    7278|AAVE|Aave|172|15240000|666.86|2021-05-18
    6535|NEAR|NEAR Protocol|1.9|1277000000|20.4202|2022-01-16
    24478|PEPE|Pepe|0.0000047|420690000000000|0.00002825|2024-12-09
    1321|ETC|Ethereum Classic|13.6|154000000|176.157|2021-05-06
    21794|APT|Aptos|2.4|734000000|19.904|2023-01-30
    3794|ATOM|Cosmos|2.5|476000000|44.7022|2021-09-20
    11841|ARB|Arbitrum|0.21|5650000000|2.4047|2024-01-12
    2280|FIL|Filecoin|1.6|718000000|237.242|2021-04-01
    11840|OP|Optimism|0.32|1900000000|4.8456|2024-03-06
    26081|FDUSD|First Digital USD|0.9985|1200000000|1.1470|2024-08-05
"""
STABLE: Final = frozenset({"USDT", "USDC", "FDUSD"})
_SHARING: Final = """
    30001|SOL|Wrapped Solana Portal|137.9|900000|260|2021-11-06
    30002|UNI|Unicorn Token|0.00021|80000000000|0.0091|2024-03-30
"""


def _read(text: str) -> list[Coin]:
    rows = [line.strip().split("|") for line in text.strip().splitlines()]
    return [
        Coin(
            number=int(number),
            symbol=symbol,
            name=name,
            price=price,
            supply=supply,
            high=high,
            high_at=at,
            stable=symbol in STABLE,
        )
        for number, symbol, name, price, supply, high, at in rows
    ]


def _untraded(count: int) -> list[Coin]:
    """Ever smaller ones; of every 50th nobody verified the supply."""
    return [
        Coin(
            number=40_000 + place,
            symbol=f"ND{place:03d}",
            name=f"Nobody's Coin {place}",
            price=f"0.{1 + place % 9}{place % 7}3",
            supply=None if place % 50 == 0 else str(3_000_000_000 // (place + 1)),
            high=f"{1 + place % 11}.{place % 10}",
            high_at=f"2021-{1 + place % 12:02d}-{1 + place % 28:02d}",
        )
        for place in range(1, count + 1)
    ]


def listed_coins() -> tuple[Coin, ...]:
    """All of them."""
    known = [*_read(_TRADED), *_read(_SHARING)]
    return (*known, *_untraded(LISTED - len(known)))
