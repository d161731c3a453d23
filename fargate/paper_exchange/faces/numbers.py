"""Amounts as JSON numbers with every digit, and amounts that came as texts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.money import format_amount, parse_amount

AMOUNT_MAX = Decimal(10) ** 15


def number(amount: Decimal) -> orjson.Fragment:
    """A JSON number without a float on the way."""
    return orjson.Fragment(format_amount(amount))


def positive(text: Any) -> Decimal | None:
    """A positive amount, or None for what is none."""
    try:
        amount = parse_amount(str(text))
    except InvalidInput:
        return None
    return amount if 0 < amount < AMOUNT_MAX else None


def decimals(step: Decimal) -> int:
    """How many decimals a step has."""
    exponent = step.normalize().as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101 - steps are finite
    return max(0, -exponent)
