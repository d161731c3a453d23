"""Two sources of exchange rates held against each other."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Broken
from nightdesk.markets.fx import FxRates
from nightdesk.markets.fx_checking import KEPT_FOR, CheckedRate, RateState, _checked, check

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def table(source: str, *, at: datetime = NOW - HOUR, base: str = "USD", **rates: str) -> FxRates:
    told = {AssetId(code): Decimal(rate) for code, rate in rates.items()}
    return FxRates(source=source, base=AssetId(base), at=at, rates={**told, AssetId(base): Decimal(1)})


def of(rates: tuple[CheckedRate, ...], code: str) -> CheckedRate:
    return next(rate for rate in rates if rate.currency == code)


def test_what_two_sources_agree_on_is_the_first_ones_and_names_both() -> None:
    checked = check(table("first", EUR="0.90", JPY="150"), table("second", base="EUR", USD="1.10"), (), NOW)
    euro = of(checked, "EUR")
    assert (euro.state, euro.rate, euro.source) == (RateState.AGREED, Decimal("0.90"), "first")
    assert euro.other is not None
    assert (euro.other.source, euro.other.rate) == ("second", Decimal("0.909090909090909091"))
    assert euro.used
    assert Decimal("0.0099") < (euro.deviation_ratio or 0) < Decimal("0.0101")
    assert of(checked, "JPY").state is RateState.SINGLE
    assert of(checked, "USD").deviation_ratio == 0


def test_a_difference_that_was_never_bridged_is_shown_and_not_used() -> None:
    euro = of(check(table("first", EUR="1.20"), table("second", base="EUR", USD="1.10"), (), NOW), "EUR")
    assert (euro.state, euro.used, euro.differs_since) == (RateState.DIFFERS, False, NOW)
    assert euro.first is not None
    assert euro.first.rate == Decimal("1.20")


def test_while_they_differ_the_last_agreed_rate_is_used_until_it_is_too_old() -> None:
    second = table("second", base="EUR", USD="1.10")
    agreed = check(table("first", EUR="0.90"), second, (), NOW)
    lie = table("first", EUR="1.20", at=NOW + HOUR)
    first = check(lie, second, agreed, NOW + HOUR)
    again = check(lie, second, first, NOW + 2 * HOUR)
    euro = of(again, "EUR")
    assert (euro.state, euro.rate, euro.at, euro.used) == (RateState.DIFFERS, Decimal("0.90"), NOW - HOUR, True)
    assert euro.differs_since == NOW + HOUR
    late = NOW + KEPT_FOR
    fresh = table("second", base="EUR", USD="1.10", at=late)
    assert not of(check(table("first", EUR="1.20", at=late), fresh, again, late), "EUR").used
    healed = of(check(table("first", EUR="0.91", at=late), fresh, again, late), "EUR")
    assert (healed.state, healed.differs_since, healed.first) == (RateState.AGREED, None, None)


def test_a_source_that_fell_silent_leaves_the_other_and_then_an_age() -> None:
    old = table("first", EUR="0.90", JPY="150", at=NOW - timedelta(hours=4))
    second = table("second", base="EUR", USD="1.10")
    before = check(table("first", EUR="0.90", JPY="150"), second, (), NOW - HOUR)
    checked = check(old, second, before, NOW)
    assert (of(checked, "EUR").state, of(checked, "EUR").source) == (RateState.SINGLE, "second")
    assert (of(checked, "JPY").state, of(checked, "JPY").used) == (RateState.STALE, True)
    gone = check(None, None, checked, NOW + KEPT_FOR)
    assert {rate.state for rate in gone} == {RateState.STALE}
    assert not any(rate.used for rate in gone)


def test_a_table_without_the_dollar_can_not_be_compared() -> None:
    assert check(table("first", base="EUR", JPY="160"), None, (), NOW) == ()


def test_a_currency_that_nobody_ever_told_is_a_mistake() -> None:
    with pytest.raises(Broken):
        _checked(AssetId("EUR"), (None, None), None, NOW)
