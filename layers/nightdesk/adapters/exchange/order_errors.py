"""What a venue's answer to an order means: certainly refused, certainly not sent, or nobody knows.

Only what is certain is told as certain. Everything else is `OutcomeUnknown`: the order is looked up, never sent again.
A venue that says no with the status of a success, or with that of a breakdown, declares its words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from nightdesk.adapters.exchange import errors
from nightdesk.kernel.errors import Conflict, NightdeskError, RateLimited
from nightdesk.orders.errors import VENUE_REFUSED, key_may_not_trade, outcome_unknown

Make = Callable[[], NightdeskError]
Words = tuple[tuple[str, Make], ...]

_CLIENT_ERRORS: Final = range(HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR)
_NAMES_OF_KEY_ERRORS: Final = {"AuthenticationError", "PermissionDenied", "AccountNotEnabled", "AccountSuspended"}
_FILTER: Final = re.compile(r"Filter failure: ([A-Z_]{1,40})")


def insufficient_balance() -> Conflict:
    """The venue sees too little that is free."""
    return Conflict("orders.insufficient_balance", "The account has not enough free for this order.")


def would_take() -> Conflict:
    """An order that only makes would have taken."""
    return Conflict("orders.would_take", "The order would be filled at once, which its type forbids.")


def would_trigger() -> Conflict:
    """A stop price that is reached already."""
    return Conflict("orders.would_trigger", "The stop price is reached already: the order would start at once.")


def market_closed() -> Conflict:
    """The venue takes no orders there now."""
    return Conflict("orders.market_closed", "The market takes no orders now.")


def no_such_market() -> Conflict:
    """The venue has no such market."""
    return Conflict("orders.market_unknown", "The venue has no such market.")


def filtered(rule: str) -> Conflict:
    """A rule of the market does not allow the order; `rule` as Binance names it, whichever venue it is."""
    return Conflict(f"orders.filter_{rule.lower()}", f"The venue's rule {rule} does not allow this order.")


def price_step() -> Conflict:
    """The price is between two ticks."""
    return filtered("PRICE_FILTER")


def price_band() -> Conflict:
    """The price is too far from the market."""
    return filtered("PERCENT_PRICE")


def size_step() -> Conflict:
    """The quantity is between two lots, too small or too large."""
    return filtered("LOT_SIZE")


def too_little() -> Conflict:
    """The order is worth too little."""
    return filtered("NOTIONAL")


def refused() -> Conflict:
    """Certainly refused; why is not told."""
    return Conflict(VENUE_REFUSED, "The venue refused the order.")


def order_unknown() -> Conflict:
    """The venue has no such order, or it is over."""
    return Conflict(errors.ORDER_UNKNOWN, "The venue has no such order.")


def limited() -> RateLimited:
    """Refused for too many requests."""
    return errors.rate_limited(errors.RATE_LIMIT_WAIT_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How a venue says no to an order.

    Attributes:
        words: Patterns of what its answers say, and what each means; the first that is found counts.
        speaks: The statuses with which its words count.
        refuses: The statuses with which it says no certainly, whatever the words.
    """

    words: Words = ()
    speaks: Container[int] = _CLIENT_ERRORS
    refuses: Container[int] = _CLIENT_ERRORS

    def meaning(self, error: Exception, status: int) -> NightdeskError | None:
        """What its words mean; None where they say nothing that is known."""
        said = str(error) if status in self.speaks else ""
        return next((make() for words, make in self.words if re.search(words, said)), None)


BY_STATUS: Final = Wording(
    words=((r"(?i)duplicate order", outcome_unknown), (r"(?i)trigger immediately", would_trigger))
)
"""A status that tells a refusal from a success; a duplicate may be the very order."""

_BY_NAME: Final[Mapping[str, Callable[[], Conflict]]] = {
    "InsufficientFunds": insufficient_balance,
    "OrderImmediatelyFillable": would_take,
    "MarketClosed": market_closed,
    "BadSymbol": no_such_market,
}


def translate(
    error: Exception,
    headers: Mapping[str, str],
    key_codes: frozenset[int],
    *,
    status: int = 0,
    wording: Wording = BY_STATUS,
) -> NightdeskError:
    """Our error for one that ccxt raised over an order; the parameters are those of `errors.translate`."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if status in {errors.BANNED, HTTPStatus.TOO_MANY_REQUESTS}:
        return errors.translate(error, headers, key_codes, status=status)
    if (meant := wording.meaning(error, status)) is not None:
        return meant
    if "InvalidNonce" in names:
        return errors.clock_skew()
    if status == 0 and _never_connected(error):
        return errors.unavailable()
    if status not in wording.refuses:
        return outcome_unknown()
    return _refusal(error, names, key_codes)


def translate_reading(
    error: Exception,
    headers: Mapping[str, str],
    key_codes: frozenset[int],
    *,
    status: int = 0,
    wording: Wording = BY_STATUS,
) -> NightdeskError:
    """Our error for one that ccxt raised over a look-up of orders; the venue's words are asked for "no such order"."""
    meant = wording.meaning(error, status)
    if meant is not None and meant.code == errors.ORDER_UNKNOWN:
        return meant
    return errors.translate(error, headers, key_codes, status=status)


def _refusal(error: Exception, names: set[str], key_codes: frozenset[int]) -> NightdeskError:
    if errors.venue_code(error) in key_codes or names & _NAMES_OF_KEY_ERRORS:
        return key_may_not_trade()
    for name, make in _BY_NAME.items():
        if name in names:
            return make()
    if broken := _FILTER.search(str(error)):
        return filtered(broken.group(1))
    return refused()


def _never_connected(error: Exception) -> bool:
    cause = error.__cause__ or error.__context__
    return cause is not None and any("ConnectorError" in kind.__name__ for kind in type(cause).__mro__)
