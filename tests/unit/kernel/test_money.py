from decimal import Decimal, localcontext

import pytest

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.money import Money, add, divide, format_amount, multiply, parse_amount, quantize, subtract

LARGEST = "99999999999999999999.999999999999999999"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("0E-18", "0"),
        ("1.50", "1.5"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("1E-18", "0.000000000000000001"),
        (LARGEST, LARGEST),
        ("-" + LARGEST, "-" + LARGEST),
    ],
)
def test_amount_is_kept_digit_for_digit(text: str, shown: str) -> None:
    assert format_amount(parse_amount(text)) == shown


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "amount.malformed"),
        ("one", "amount.malformed"),
        ("0x10", "amount.malformed"),
        ("Infinity", "amount.not_finite"),
        ("sNaN", "amount.not_finite"),
        ("1E20", "amount.too_large"),
        ("1E999999", "amount.too_large"),
        ("1E-19", "amount.too_precise"),
        ("1E-999999", "amount.too_precise"),
    ],
)
def test_text_that_is_no_amount_is_refused(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_amount(text)
    assert refusal.value.code == code


def test_arithmetic_ignores_the_ambient_context() -> None:
    with localcontext() as ambient:
        ambient.prec = 3
        assert format_amount(add(Decimal(LARGEST), Decimal("-1E-18"))) == LARGEST[:-1] + "8"
        assert format_amount(subtract(Decimal(LARGEST), Decimal("1E-18"))) == LARGEST[:-1] + "8"
        assert format_amount(multiply(Decimal("1.23456789"), Decimal("1.1"))) == "1.358024679"
        assert format_amount((-Money(Decimal(LARGEST), AssetId("BTC"))).amount) == "-" + LARGEST


def test_rounding_is_half_to_even_in_the_last_decimal() -> None:
    assert quantize(Decimal("0.0000000000000000005")) == 0
    assert quantize(Decimal("0.0000000000000000015")) == Decimal("2E-18")
    assert divide(Decimal(2), Decimal(3)) == Decimal("0.666666666666666667")


def test_money_of_one_asset_is_added_and_taken() -> None:
    money = Money(Decimal(3), AssetId("BTC"))
    assert str(money + money - Money(Decimal("0.50"), AssetId("BTC"))) == "5.5 BTC"


def test_money_of_two_assets_is_not_added() -> None:
    with pytest.raises(InvalidInput):
        Money(Decimal(1), AssetId("BTC")) + Money(Decimal(1), AssetId("ETH"))
