"""ccxt's client, called so that weights are kept, errors are ours and a wrong clock is set once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

from nightdesk.adapters.exchange import errors, order_errors
from nightdesk.adapters.exchange.lazy_ccxt import base_error
from nightdesk.adapters.exchange.order_errors import Wording
from nightdesk.adapters.exchange.weights import Weights
from nightdesk.kernel.errors import Conflict, NightdeskError, RateLimited
from nightdesk.kernel.instants import Clock

# At DEBUG ccxt logs keys and signed URLs.
for _name in ("ccxt", "ccxt.base.exchange"):
    logging.getLogger(_name).setLevel(logging.WARNING)

SKEW_CODE: Final = "venue.clock_skew"
MARKETS_WEIGHT: Final = 20

Params = Mapping[str, Any]


class Translate(Protocol):
    """Turns an error of ccxt into ours."""

    def __call__(
        self, error: Exception, headers: Mapping[str, str], key_codes: frozenset[int], *, status: int = 0
    ) -> NightdeskError:
        """Our error."""
        ...


class VenueClient:
    """One ccxt client; `call` is the only way through it."""

    def __init__(self, raw: Any, weights: Weights, clock: Clock, key_codes: frozenset[int]) -> None:
        self._raw = raw
        self._weights = weights
        self._clock = clock
        self._key_codes = key_codes
        self._status = 0
        self._headers: dict[str, str] = {}
        raw.on_rest_response = self._note

    @property
    def raw(self) -> Any:
        """The object of ccxt, for what asks the venue nothing."""
        return self._raw

    def now(self) -> datetime:
        """Wall time."""
        return self._clock.now()

    async def call(
        self,
        method: str,
        params: Params | None = None,
        *,
        weight: int = 1,
        account_weight: int = 0,
        translate: Translate = errors.translate,
    ) -> Any:
        """Call a method of ccxt that sends one reading request.

        Args:
            method: Its name in ccxt.
            params: Goes into the query.
            weight: What it weighs on our address.
            account_weight: What it weighs on the account.
            translate: What the venue's refusal means, where that is not what it means elsewhere.

        Raises:
            NightdeskError: What the venue's refusal or silence means.
        """
        try:
            return await self._once(method, dict(params or {}), weight, account_weight, translate=translate)
        except NightdeskError as error:
            if error.code != SKEW_CODE:
                raise
        await self.set_clock()
        return await self._once(method, dict(params or {}), weight, account_weight, translate=translate)

    async def look_up(
        self,
        method: str,
        params: Params,
        *,
        weight: int = 1,
        account_weight: int = 0,
        wording: Wording = order_errors.BY_STATUS,
    ) -> Any | None:
        """Call a method of ccxt that asks for an order; None only if the venue says that there is no such order.

        Raises:
            NightdeskError: As `call`.
        """
        translate = partial(order_errors.translate_reading, wording=wording)
        try:
            return await self.call(method, params, weight=weight, account_weight=account_weight, translate=translate)
        except Conflict as error:
            if error.code == errors.ORDER_UNKNOWN:
                return None
            raise

    async def order(
        self,
        method: str,
        params: Params,
        *,
        weight: int = 1,
        account_weight: int = 0,
        wording: Wording = order_errors.BY_STATUS,
    ) -> Any:
        """Call a method of ccxt that changes orders; sent again only if the venue refused it for its clock.

        Raises:
            OutcomeUnknown: It may have been carried out.
            NightdeskError: It certainly was not.
        """
        translate = partial(order_errors.translate, wording=wording)
        try:
            return await self._once(method, dict(params), weight, account_weight, translate=translate)
        except NightdeskError as error:
            if error.code != SKEW_CODE:
                raise
        await self.set_clock()
        return await self._once(method, dict(params), weight, account_weight, translate=translate)

    async def set_clock(self) -> None:
        """Ask the venue for its time; one that tells none refused a nonce that came after a later one: sign again."""
        if self._raw.has.get("fetchTime"):
            await self._once("load_time_difference", {}, 1)

    async def load_markets(self) -> None:
        """Fetch the venue's markets.

        Raises:
            NightdeskError: As `call`.
        """
        await self._once("load_markets", True, MARKETS_WEIGHT)

    async def close(self) -> None:
        """Let go of the client; the session it borrowed stays open."""
        await self._raw.close()

    async def _once(
        self,
        method: str,
        argument: object,
        weight: int,
        account_weight: int = 0,
        *,
        translate: Translate = errors.translate,
    ) -> Any:
        self._weights.spend(weight, account_weight)
        self._status, self._headers = 0, {}
        try:
            return await getattr(self._raw, method)(argument)
        except base_error() as error:
            raise self._translated(error, translate) from None
        finally:
            self._weights.address.observe(self._headers)

    def _translated(self, error: Exception, translate: Translate) -> NightdeskError:
        ours = translate(error, self._headers, self._key_codes, status=self._status)
        if isinstance(ours, RateLimited):
            self._weights.address.shut(ours)
        return ours

    def _note(self, status: int, _reason: str, *more: Any) -> str:
        """Be the hook of ccxt for every answer: (…, url, method, headers, body, request headers, request body)."""
        _url, _method, headers, body, *_ = more
        self._status = status
        self._headers = {name.lower(): value for name, value in headers.items()}
        return str(body).strip()
