"""Reads what venues answer: objects, lists, exact amounts; and keeps aside the rows that can't be booked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from nightdesk.accounts.model import Skip
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.currency_codes import known_code
from nightdesk.kernel.assets import AssetId, Instrument, VenueId, asset_id
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.money import parse_amount
from nightdesk.ledger.facts import require_fact
from nightdesk.ledger.model import Fact, Route

Row = Mapping[str, Any]
Code = Callable[[str], str]
"""The unified code of a venue's currency."""


def object_of(said: object) -> dict[str, Any]:
    """The object that was answered.

    Raises:
        Unavailable: `venue.answer_malformed`.
    """
    if not isinstance(said, dict):
        raise errors.malformed()
    return said


def rows_of(said: object) -> list[Row]:
    """The list of objects that was answered.

    Raises:
        Unavailable: `venue.answer_malformed`.
    """
    if not isinstance(said, list) or not all(isinstance(row, dict) for row in said):
        raise errors.malformed()
    return said


def exact(value: object) -> Decimal:
    """An amount that came as a text.

    Raises:
        TypeError: It came as a JSON number, which has been a float on its way: its digits can't be trusted.
    """
    if not isinstance(value, str):
        raise TypeError("an amount must be a text")
    return parse_amount(value)


def exact_json(text: str | bytes) -> Any:
    """What a venue answered, numbers with decimals as the texts they came as: no float comes near a digit.

    Raises:
        ValueError: It is no JSON.
    """
    return json.loads(text, parse_float=str)


def digits(value: object) -> Decimal:
    """An amount of an answer that was read by `exact_json`: a text, or a whole number.

    Raises:
        TypeError: It is of another type.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return parse_amount(value)
    return exact(value)


def negative(amount: Decimal) -> Decimal:
    """The amount with the other sign; a minus would round to the 28 digits of Python's default context."""
    return amount.copy_negate()


def asset_of(raw: object, code: Code) -> AssetId:
    """The asset of a venue's currency.

    Raises:
        TypeError: It is no text.
        InvalidInput: It is no asset.
    """
    if not isinstance(raw, str):
        raise TypeError("an asset must be a text")
    return asset_id(code(raw))


def route_of(tx_hash: object, address: object = None, network: object = None) -> Route | None:
    """What a row tells of the way of a movement; None if it tells nothing."""
    told = [text if isinstance(text, str) and text else None for text in (tx_hash, address, network)]
    return Route(tx_hash=told[0], address=told[1], network=told[2]) if any(told) else None


def booked(identity: str, row: Row, make: Callable[[], Fact]) -> Fact | Skip:
    """The row's fact, or the row kept aside with the reason."""
    try:
        return require_fact(make())
    except InvalidInput as error:
        return skip(identity, error.code, row)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return skip(identity, "import.row_malformed", row)


def skip(identity: str, reason: str, row: Row) -> Skip:
    """A row to be kept aside, with the reason."""
    return Skip(identity=identity[:200], reason=reason, payload=dict(row))


def sorted_out(results: Iterable[Fact | Skip]) -> tuple[tuple[Fact, ...], tuple[Skip, ...]]:
    """Facts and rows kept aside."""
    found = list(results)
    facts = tuple(result for result in found if isinstance(result, Fact))
    return facts, tuple(result for result in found if isinstance(result, Skip))


def whole(value: str | int | None) -> int | None:
    """A cursor's number, where there is one."""
    return None if value is None else int(value)


def code_of(client: VenueClient) -> Code:
    """How ccxt names the venue's currencies."""
    return known_code(client.raw)


def spot_instrument(client: VenueClient, venue: VenueId, name: object) -> Instrument | None:
    """The spot market of a raw id; ccxt would pass an unknown id off as a symbol."""
    for market in client.raw.markets_by_id.get(name, ()):
        if market["spot"] and "/" in market["symbol"]:
            try:
                return Instrument(venue, asset_id(market["base"]), asset_id(market["quote"]))
            except InvalidInput:
                return None
    return None
