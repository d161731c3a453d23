import pytest

from nightdesk.adapters.exchange.errors import translate, venue_code
from nightdesk.adapters.exchange.lazy_ccxt import client_class
from nightdesk.adapters.exchange.venues.binance import KEY_CODES
from nightdesk.kernel.errors import Conflict, InvalidInput, NightdeskError, RateLimited, Unavailable

client_class("binance")
from ccxt.base import errors as ccxt_errors  # noqa: E402 - ours must be the first import of ccxt

URL = "https://api.binance.com/api/v3/account?timestamp=1&signature=deadbeef"


@pytest.mark.parametrize(
    ("raised", "status", "kind", "code"),
    [
        ("AuthenticationError", 401, InvalidInput, "accounts.key_wrong"),
        ("PermissionDenied", 400, InvalidInput, "accounts.key_wrong"),
        ("DDoSProtection", 429, RateLimited, "venue.rate_limited"),
        ("DDoSProtection", 418, RateLimited, "venue.banned"),
        ("RateLimitExceeded", 400, RateLimited, "venue.rate_limited"),
        ("ExchangeError", 503, Unavailable, "venue.unavailable"),
        ("BadResponse", 502, Unavailable, "venue.unavailable"),
        ("ExchangeNotAvailable", 0, Unavailable, "venue.unavailable"),
        ("RequestTimeout", 0, Unavailable, "venue.unavailable"),
        ("OnMaintenance", 200, Unavailable, "venue.unavailable"),
        ("InvalidNonce", 400, Unavailable, "venue.clock_skew"),
        ("AuthenticationError", 500, InvalidInput, "accounts.key_wrong"),  # as Bitfinex says it
        ("InvalidNonce", 500, Unavailable, "venue.clock_skew"),
        ("ExchangeError", 500, Unavailable, "venue.unavailable"),
        ("AuthenticationError", 511, Unavailable, "venue.unavailable"),
        ("BadSymbol", 400, Conflict, "venue.request_refused"),
        ("ExchangeError", 400, Conflict, "venue.request_refused"),
    ],
)
def test_table(raised: str, status: int, kind: type[NightdeskError], code: str) -> None:
    error = translate(getattr(ccxt_errors, raised)(f"binance {URL}"), {}, KEY_CODES, status=status)
    assert (type(error), error.code) == (kind, code)
    assert "deadbeef" not in repr(error) + error.message


def test_a_wrong_clock_that_is_told_as_a_wrong_signature() -> None:
    said = 'htx {"err-code":"api-signature-not-valid","err-msg":"Signature not valid: Invalid timestamp"}'
    assert translate(ccxt_errors.AuthenticationError(said), {}, KEY_CODES, status=200).code == "venue.clock_skew"


@pytest.mark.parametrize("number", sorted(KEY_CODES))
def test_key_error_that_ccxt_takes_for_a_rate_limit(number: int) -> None:
    text = f'binance {{"code":{number},"msg":"Invalid API-key, IP, or permissions for action."}}'
    error = translate(ccxt_errors.DDoSProtection(text), {}, KEY_CODES, status=401)
    assert error.code == "accounts.key_wrong"


@pytest.mark.parametrize(("said", "wait_s"), [("17", 17), ("", 60), ("soon", 60)])
def test_time_to_wait(said: str, wait_s: float) -> None:
    error = translate(ccxt_errors.DDoSProtection("binance 429"), {"retry-after": said}, KEY_CODES, status=429)
    assert error.retry_after_s == wait_s


@pytest.mark.parametrize(
    ("text", "code"),
    [('binance {"code":-2015,"msg":"x"}', -2015), ("binance {", None), ("binance", None), ("binance [1]", None)],
)
def test_number_in_the_text(text: str, code: int | None) -> None:
    assert venue_code(Exception(text)) == code
