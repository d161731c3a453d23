"""Numbers spelt so that they don't look like numbers, and back."""

from __future__ import annotations

from collections.abc import Sequence

_MARKETS_MAX = 4096


class Mixer:
    """Spreads numbers over a space of so many bits, one to one."""

    def __init__(self, bits: int, factor: int) -> None:
        self._size = 1 << bits
        self._factor, self._back = factor, pow(factor, -1, self._size)

    def mix(self, number: int) -> int:
        """The number's place in the space."""
        return number * self._factor % self._size

    def unmix(self, place: int) -> int:
        """The number of a place."""
        return place * self._back % self._size


class TradeNumbers:
    """One number for a market and its trade id; markets are only ever added at the end."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self._symbols = symbols

    def number(self, symbol: str, trade_id: int) -> int:
        """Unlike that of any other trade of any market; it grows with the trade id."""
        return trade_id * _MARKETS_MAX + self._symbols.index(symbol)

    def place(self, number: int) -> tuple[str, int] | None:
        """The market and trade id of a number; None where there is no such market."""
        index = number % _MARKETS_MAX
        return (self._symbols[index], number // _MARKETS_MAX) if index < len(self._symbols) else None
