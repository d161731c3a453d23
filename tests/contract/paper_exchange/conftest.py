"""A paper exchange as a process of its own, and the unmodified ccxt client that finds it under the real addresses."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from ccxt.pro.binance import binance

from tests.servers import Paper, paper_exchange

OpenClient = Callable[..., AbstractAsyncContextManager[Any]]


class LocalResolver(AbstractResolver):
    """Every host on every port is the paper exchange."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:  # noqa: ARG002
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        return


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """A paper exchange of the module's own: its faults are switched on and off."""
    with paper_exchange(tmp_path_factory.mktemp("paper"), measured=True) as paper:
        yield paper


@pytest.fixture(autouse=True)
def healthy(venue: Paper) -> Iterator[None]:
    yield
    venue.admin("DELETE", "/faults")


@pytest.fixture
def account(venue: Paper) -> Any:
    return venue.admin(
        "POST",
        "/accounts",
        {"label": "test", "history": {"kind": "empty", "balances": {"USDT": "50000", "ETH": "10", "XRP": "1000"}}},
    )


@asynccontextmanager
async def client_of(paper: Paper, account: Any = None, *, make: Any = binance, **config: Any) -> AsyncIterator[Any]:
    """The ccxt.pro client with untouched URLs, led to this paper exchange."""
    context = ssl.create_default_context(cafile=paper.ca_file)
    connector = aiohttp.TCPConnector(resolver=LocalResolver(paper.port), ssl=context)
    async with aiohttp.ClientSession(connector=connector) as session:
        keys = {"apiKey": account["key"], "secret": account["secret"]} if account else {}
        options = {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": False} if make is binance else {}
        fixed = {"session": session, "number": str, "enableRateLimit": False, "options": options}
        client = make({**fixed, **keys, **config})
        client.ssl_context = context
        try:
            yield client
        finally:
            await client.close()


@pytest.fixture
def open_client(venue: Paper) -> OpenClient:
    """Makes clients of the module's paper exchange."""
    return partial(client_of, venue)
