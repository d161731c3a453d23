"""The way to the venues: straight, or all of them at one local address that has certificates for their names."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import Final, Self

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult

from nightdesk.kernel.errors import InvalidInput

TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Route:
    """Where connections to venues go.

    Attributes:
        host: None for the venues' own addresses.
        ca_file: What signs the certificates there.
    """

    host: str | None = None
    port: int = 443
    ca_file: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """The route that a setting names: `direct`, or `local:<host>:<port>:<ca file>`.

        Raises:
            InvalidInput: `venues.route_malformed`.
        """
        if text == "direct":
            return cls()
        parts = text.split(":", 3)
        if len(parts) != 4 or parts[0] != "local" or not parts[2].isdigit():  # noqa: PLR2004
            raise InvalidInput(
                "venues.route_malformed", "The venues' route is direct or local:<host>:<port>:<ca file>."
            )
        return cls(host=parts[1], port=int(parts[2]), ca_file=parts[3])

    def open(self, local_address: str | None = None) -> tuple[aiohttp.ClientSession, ssl.SSLContext]:
        """A session whose connections take this route, without cookies; needs a running loop.

        Args:
            local_address: The address of this machine to connect from; None leaves it to the machine.
        """
        context = ssl.create_default_context(cafile=self.ca_file or certifi.where())
        resolver = _OneAddress(self.host, self.port) if self.host else None
        connector = aiohttp.TCPConnector(
            ssl=context,
            resolver=resolver,
            keepalive_timeout=60,
            local_addr=(local_address, 0) if local_address else None,
        )
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()), context


class _OneAddress(AbstractResolver):
    """Finds every host at the same address; URLs, certificates' names and signatures stay untouched."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del port, family
        return [ResolveResult(hostname=host, host=self._host, port=self._port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""
