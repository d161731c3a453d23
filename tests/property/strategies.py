"""Facts as hypothesis draws them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from nightdesk.ledger.model import Fact
from tests.builders.ledger import movement, trade

ASSETS = ("BTC", "ETH", "USDT", "BNB")
SYMBOLS = ("BTC/USDT", "ETH/USDT", "ETH/BTC", "BNB/USDT")


def quantities(places: int = 4, largest: int = 10**7) -> st.SearchStrategy[Decimal]:
    """Positive amounts with so many decimals."""
    return st.integers(1, largest).map(lambda units: Decimal(units).scaleb(-places))


@st.composite
def trades(draw: st.DrawFn) -> Fact:
    """A trade in one of four markets, with up to two fees or rebates."""
    base, quote = draw(quantities()), draw(quantities())
    side = draw(st.sampled_from((1, -1)))
    fee = st.tuples(st.sampled_from(ASSETS), quantities(largest=100), st.sampled_from(("-", "-", "")))
    fees = [(asset, f"{sign}{amount}") for asset, amount, sign in draw(st.lists(fee, max_size=2))]
    return trade(0, side * base, -side * quote, *fees, symbol=draw(st.sampled_from(SYMBOLS)))


@st.composite
def movements(draw: st.DrawFn) -> Fact:
    """A deposit or a withdrawal, with or without a fee in its asset."""
    asset, side = draw(st.sampled_from(ASSETS)), draw(st.sampled_from((1, -1)))
    fees = draw(st.lists(quantities(largest=100).map(lambda amount: (asset, f"-{amount}")), max_size=1))
    return movement(0, asset, side * draw(quantities()), *fees)


@st.composite
def histories(draw: st.DrawFn, kinds: st.SearchStrategy[Fact] | None = None, most: int = 25) -> list[Fact]:
    """Facts of different identities, in any order of time, many of them at equal instants."""
    drawn = draw(st.lists(st.one_of(trades(), movements()) if kinds is None else kinds, max_size=most))
    seconds = draw(st.lists(st.integers(0, 8), min_size=len(drawn), max_size=len(drawn)))
    moments = [trade(0, "1", "-1", second=second).occurred_at for second in seconds]
    return [
        replace(fact, identity=f"{fact.kind.value}:{number}", occurred_at=moment)
        for number, (fact, moment) in enumerate(zip(drawn, moments, strict=True))
    ]
