from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.markets.composite import (
    BOUND_BP,
    VENUES,
    Composite,
    Sources,
    Verdict,
    deviation_bp,
    is_within,
    median,
    venues_with,
)
from nightdesk.markets.model import Price
from tests.builders.ledger import RECORDED


def price(market: str, last: str | Decimal, *, seconds_ago: int = 0) -> Price:
    at = RECORDED - timedelta(seconds=seconds_ago)
    return Price(instrument=parse_instrument(market), last=Decimal(last), at=at)


def composite(*prices: Price, base: str = "BTC", quote: str = "USDT") -> Composite:
    found = Sources(prices).composite(AssetId(base), AssetId(quote))
    assert found is not None
    assert Sources(prices).price(AssetId(base), AssetId(quote)) == (found.value, found.at)
    return found


def test_first_venues_price_counts_digit_for_digit_while_others_agree() -> None:
    found = composite(price("KRAKEN:BTC/USDT", "100.9"), price("BINANCE:BTC/USDT", "100.123456789"))
    assert (found.value, found.verdict) == (Decimal("100.123456789"), Verdict.AGREED)
    assert found.chosen == parse_instrument("BINANCE:BTC/USDT")
    assert found.is_proven


def test_first_venue_that_lies_gives_way_to_the_median() -> None:
    honest = (price("KRAKEN:BTC/USDT", "100"), price("HTX:BTC/USDT", "101", seconds_ago=9))
    found = composite(price("BINANCE:BTC/USDT", "150"), *honest)
    assert (found.value, found.verdict, found.chosen) == (Decimal(101), Verdict.COMPOSITE, None)
    assert found.at == RECORDED - timedelta(seconds=9)


def test_one_venue_alone_is_used_and_not_proven() -> None:
    found = composite(price("KRAKEN:BTC/USDT", "7"))
    assert (found.value, found.verdict, found.is_proven) == (Decimal(7), Verdict.ONE_SOURCE, False)


def test_two_markets_of_one_venue_are_one_source() -> None:
    found = composite(price("KRAKEN:BTC/USDT", "7"), price("KRAKEN:BTC/USD", "7"), price("KRAKEN:USDT/USD", "1"))
    assert found.verdict is Verdict.ONE_SOURCE


def test_venue_with_many_markets_has_one_voice() -> None:
    lies = [price(f"KRAKEN:BTC/{quote}", "50") for quote in ("USDT", "USD", "USDC")]
    rates = (price("HTX:USDT/USD", "1"), price("HTX:USDC/USDT", "1"))
    found = composite(*lies, *rates, price("BINANCE:BTC/USDT", "100"), price("HTX:BTC/USDT", "100.2"))
    assert (found.value, found.verdict) == (Decimal(100), Verdict.AGREED)
    assert [source.is_fresh for source in found.sources] == [True, False, False, True, True]


def test_two_that_contradict_each_other_are_disputed() -> None:
    found = composite(price("BINANCE:BTC/USDT", "7"), price("KRAKEN:BTC/USDT", "8"))
    assert (found.value, found.verdict, found.is_proven) == (Decimal(7), Verdict.DISPUTED, False)


def test_dollars_are_converted_at_their_own_markets() -> None:
    found = composite(
        price("BINANCE:BTC/USDT", "100"), price("COINBASE:BTC/USD", "80"), price("KRAKEN:USDT/USD", "0.8")
    )
    dollars = found.sources[1]
    assert (dollars.price, dollars.converted, dollars.deviation_bp) == (Decimal(80), Decimal(100), Decimal(0))
    assert found.verdict is Verdict.AGREED


def test_dollars_are_never_taken_for_one_another() -> None:
    found = composite(price("BINANCE:BTC/USDT", "100"), price("COINBASE:BTC/USD", "99"))
    assert found.verdict is Verdict.ONE_SOURCE
    assert (found.sources[1].converted, found.sources[1].deviation_bp, found.sources[1].is_fresh) == (None, None, False)


def test_dollar_itself_is_not_priced_by_its_relatives() -> None:
    found = composite(price("BINANCE:USDC/USDT", "1.001"), price("KRAKEN:USDC/USD", "3"), base="USDC")
    assert [str(source.instrument) for source in found.sources] == ["BINANCE:USDC/USDT"]


def test_old_price_counts_for_nothing_beside_fresh_ones() -> None:
    fresh = (price("KRAKEN:BTC/USDT", "100"), price("HTX:BTC/USDT", "100"))
    found = composite(price("BINANCE:BTC/USDT", "100.5", seconds_ago=301), *fresh)
    assert (found.value, str(found.chosen)) == (Decimal(100), "KRAKEN:BTC/USDT")
    assert not found.sources[0].is_fresh


def test_relatives_have_the_say_when_the_market_itself_is_old() -> None:
    found = composite(
        price("BINANCE:BTC/USDT", "90", seconds_ago=400),
        price("KRAKEN:BTC/USD", "100"),
        price("COINBASE:BTC/USD", "102"),
        price("KRAKEN:USDT/USD", "1"),
    )
    assert (found.value, found.verdict, found.chosen) == (Decimal(101), Verdict.COMPOSITE, None)


def test_single_relative_is_one_source() -> None:
    found = composite(
        price("BINANCE:BTC/USDT", "90", seconds_ago=400), price("KRAKEN:BTC/USD", "50"), price("KRAKEN:USDT/USD", "0.5")
    )
    assert (found.value, found.verdict) == (Decimal(100), Verdict.ONE_SOURCE)


def test_newest_of_one_market_counts_and_nothing_below_zero() -> None:
    found = composite(
        price("HTX:BTC/USDT", "5", seconds_ago=1), price("HTX:BTC/USDT", "6"), price("KRAKEN:BTC/USDT", "-1")
    )
    assert (found.value, len(found.sources)) == (Decimal(6), 1)


def test_market_that_nobody_has_is_no_market() -> None:
    sources = Sources([price("KRAKEN:BTC/USDT", "0")])
    assert sources.price(AssetId("BTC"), AssetId("USDT")) is None
    assert sources.composite(AssetId("BTC"), AssetId("USDT")) is None


def test_others_are_told_in_the_markets_own_quote() -> None:
    sources = Sources([price("BINANCE:BTC/USDT", "1"), price("KRAKEN:BTC/USD", "80"), price("KRAKEN:USDT/USD", "0.8")])
    assert sources.others(parse_instrument("BINANCE:BTC/USDT")) == [Decimal(100)]


def test_every_venue_is_a_source() -> None:
    assert venues_with(()) == VENUES
    assert venues_with([parse_instrument("OKX:A/B").venue, VENUES[3]]) == (*VENUES, "okx")


@pytest.mark.parametrize(("values", "middle"), [(("3", "1", "2"), "2"), (("1", "2"), "1.5"), (("5",), "5")])
def test_median(values: tuple[str, ...], middle: str) -> None:
    assert median([Decimal(value) for value in values]) == Decimal(middle)


def test_deviation_is_told_in_basis_points() -> None:
    assert deviation_bp(Decimal(101), Decimal(100)) == 100
    assert deviation_bp(Decimal("99.995"), Decimal(100)) == Decimal("-0.50")
    assert is_within(Decimal(101), Decimal(100), BOUND_BP)
    assert not is_within(Decimal("101.000001"), Decimal(100), BOUND_BP)


amounts = st.decimals(min_value="0.00000001", max_value="1000000", places=8)


@given(st.lists(amounts, min_size=5, max_size=5), st.randoms(use_true_random=False))
def test_order_of_arrival_changes_nothing(lasts: list[Decimal], shuffle: object) -> None:
    told = [price(f"{venue.upper()}:BTC/USDT", last) for venue, last in zip(VENUES, lasts, strict=True)]
    mixed = list(told)
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    assert composite(*told) == composite(*mixed)


@given(st.integers(0, 4), amounts, st.lists(st.decimals("99.9", "100.1", places=4), min_size=5, max_size=5))
def test_one_liar_of_five_moves_no_price_by_more_than_the_bound(liar: int, lie: Decimal, lasts: list[Decimal]) -> None:
    told = [price(f"{venue.upper()}:BTC/USDT", last) for venue, last in zip(VENUES, lasts, strict=True)]
    told[liar] = price(f"{VENUES[liar].upper()}:BTC/USDT", lie)
    honest = [last for number, last in enumerate(lasts) if number != liar]
    assert min(honest) * Decimal("0.99") <= composite(*told).value <= max(honest) * Decimal("1.01")


markets = st.builds(
    lambda venue, pair, last, seconds: price(f"{venue.upper()}:{pair}", last, seconds_ago=seconds),
    st.sampled_from([*VENUES, "okx"]),
    st.sampled_from(["BTC/USDT", "BTC/USD", "BTC/USDC", "USDT/USD", "USDC/USDT", "BTC/EUR"]),
    st.sampled_from(["1", "0.99", "1.0099", "1.01", "1.010001", "1.02", "5"]).map(Decimal),
    st.sampled_from([0, 1, 299, 300, 301, 1000]),
)


@given(st.lists(markets, max_size=14))
def test_quick_look_never_says_anything_else_than_the_exact_one(told: list[Price]) -> None:
    sources = Sources(told)
    for quote in ("USDT", "USD", "USDC", "EUR"):
        exact = sources.composite(AssetId("BTC"), AssetId(quote))
        found = sources.price(AssetId("BTC"), AssetId(quote))
        assert found == (None if exact is None else (exact.value, exact.at))
