"""A second's prices in a tenth of the room: a bar that can be corrected keeps hundreds of thousands of them."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Self

from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.instants import EPOCH
from nightdesk.markets.model import Price

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PackedPrices:
    """One price of each market, in the order that they were put in; quotes are not kept.

    Attributes:
        lasts: Digit for digit, between blanks.
        ats_us: Microseconds since 1970.
    """

    markets: tuple[Instrument, ...]
    lasts: str
    ats_us: array[int]
    numbers: tuple[int, ...]

    @classmethod
    def pack(cls, prices: Mapping[Instrument, Price]) -> Self:
        """Pack them."""
        told = prices.values()
        return cls(
            tuple(prices),
            " ".join([str(price.last) for price in told]),
            array("q", [(price.at - EPOCH) // _MICROSECOND for price in told]),
            tuple([price.number for price in told]),
        )

    def unpacked(self) -> dict[Instrument, Price]:
        """The same prices."""
        columns = zip(self.markets, self.lasts.split(), self.ats_us, self.numbers, strict=True)
        return {
            market: Price(instrument=market, last=Decimal(last), at=EPOCH + at_us * _MICROSECOND, number=number)
            for market, last, at_us, number in columns
        }
