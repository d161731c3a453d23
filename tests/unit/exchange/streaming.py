"""A connection as a venue's stream sees it, without one."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from nightdesk.adapters.exchange.private_stream import PrivateStream, StreamClient, Told, heard
from nightdesk.kernel.assets import Instrument, VenueId, asset_id
from tests.fakes.clock import NOON


class Raw:
    """What of ccxt's client a stream uses."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.urls = {"api": {"ws": {"privateV2": "wss://private"}}}
        self.sent: list[dict[str, Any]] = []
        self.resolved: list[str] = []
        self.turns = 0
        self._refusal = refusal

    async def authenticate(self) -> str:
        if self._refusal is not None:
            raise self._refusal
        return "token"

    def request_id(self) -> int:
        return len(self.sent) + 1

    async def watch(self, _url: str, _name: str, request: dict[str, Any], _subscribed: str) -> None:
        self.sent.append(request)

    def client(self, _url: str) -> Raw:
        return self

    def resolve(self, _result: object, name: str) -> None:
        self.resolved.append(name)

    def safe_currency_code(self, code: str) -> str:
        return {"XXBT": "BTC", "UST": "USDT"}.get(code, code)

    def signing_turn(self) -> AbstractAsyncContextManager[None]:
        self.turns += 1
        return nullcontext()


def connection(venue: str, known: Iterable[tuple[object, str]], raw: Raw | None = None) -> StreamClient:
    """A connection that knows these markets by these ids."""
    markets = {name: symbol.split("/") for name, symbol in known}

    def instrument(name: object) -> Instrument | None:
        found = markets.get(name)
        return Instrument(VenueId(venue), asset_id(found[0]), asset_id(found[1])) if found else None

    return StreamClient(raw or Raw(), VenueId(venue), instrument, lambda: None, lambda: NOON)


def told(stream: PrivateStream, message: Any) -> tuple[Told, ...]:
    """What a message tells."""
    found = heard(stream, message)
    assert found is not None, message
    return found
