from __future__ import annotations

import pytest

from nightdesk.adapters.exchange.lazy_ccxt import client_class
from nightdesk.adapters.exchange.order_errors import translate
from nightdesk.adapters.exchange.venues.binance import KEY_CODES
from nightdesk.kernel.errors import Conflict, Forbidden, NightdeskError, OutcomeUnknown, RateLimited, Unavailable

client_class("binance")
from ccxt.base import errors as ccxt_errors  # noqa: E402 - ours must be the first import of ccxt

URL = "https://api.binance.com/api/v3/order?timestamp=1&signature=deadbeef"


@pytest.mark.parametrize(
    ("raised", "status", "kind", "code"),
    [
        ("InsufficientFunds", 400, Conflict, "orders.insufficient_balance"),
        ("OrderImmediatelyFillable", 400, Conflict, "orders.would_take"),
        ("MarketClosed", 400, Conflict, "orders.market_closed"),
        ("BadSymbol", 400, Conflict, "orders.market_unknown"),
        ("InvalidOrder", 400, Conflict, "orders.venue_refused"),
        ("ExchangeError", 400, Conflict, "orders.venue_refused"),
        ("PermissionDenied", 401, Forbidden, "orders.key_may_not_trade"),
        ("DDoSProtection", 429, RateLimited, "venue.rate_limited"),
        ("DDoSProtection", 418, RateLimited, "venue.banned"),
        ("InvalidNonce", 400, Unavailable, "venue.clock_skew"),
        ("ExchangeError", 503, OutcomeUnknown, "orders.outcome_unknown"),
        ("RequestTimeout", 0, OutcomeUnknown, "orders.outcome_unknown"),
        ("ExchangeNotAvailable", 0, OutcomeUnknown, "orders.outcome_unknown"),
        ("BadResponse", 200, OutcomeUnknown, "orders.outcome_unknown"),
    ],
)
def test_only_what_is_certain_is_told_as_certain(
    raised: str, status: int, kind: type[NightdeskError], code: str
) -> None:
    error = translate(getattr(ccxt_errors, raised)(f"binance {URL}"), {}, KEY_CODES, status=status)
    assert (type(error), error.code) == (kind, code)
    assert "deadbeef" not in repr(error) + error.message


@pytest.mark.parametrize("number", sorted(KEY_CODES))
def test_key_that_may_not(number: int) -> None:
    text = f'binance {{"code":{number},"msg":"Invalid API-key, IP, or permissions for action."}}'
    assert translate(ccxt_errors.ExchangeError(text), {}, KEY_CODES, status=400).code == "orders.key_may_not_trade"


def test_duplicate_says_that_the_order_may_be_there() -> None:
    text = 'binance {"code":-2010,"msg":"Duplicate order sent."}'
    assert isinstance(translate(ccxt_errors.InvalidOrder(text), {}, KEY_CODES, status=400), OutcomeUnknown)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('{"code":-1013,"msg":"Filter failure: LOT_SIZE"}', "orders.filter_lot_size"),
        ("Order would trigger immediately.", "orders.would_trigger"),
        ('{"code":-1013,"msg":7}', "orders.venue_refused"),
        ('{"code"', "orders.venue_refused"),
    ],
)
def test_filter_is_named_and_nothing_else_of_the_text(said: str, code: str) -> None:
    assert translate(ccxt_errors.BadRequest(f"binance {said}"), {}, KEY_CODES, status=400).code == code


def test_connection_that_never_was_is_certainly_not_sent() -> None:
    class ClientConnectorError(OSError):
        """As aiohttp names it."""

    error = ccxt_errors.ExchangeNotAvailable("binance")
    error.__cause__ = ClientConnectorError()
    assert isinstance(translate(error, {}, KEY_CODES), Unavailable)
