"""The one way out to addresses that users name: https, public addresses only, one connection, stated limits.

The name is resolved once and every address it has must be public, also behind IPv4-mapped, IPv4-compatible, 6to4,
Teredo, NAT64 and ISATAP forms. The connection then goes to an address that was looked at, while certificate and SNI
stay those of the name, so a name that changes its mind between the look and the connection gains nothing. Redirects are
never followed. On one machine the names of stand-ins, and no others, lead to 127.0.0.1.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.connection import HTTPSConnection

from nightdesk.kernel.errors import Forbidden, InvalidInput, OutcomeUnknown, TooLarge, Unavailable

URL_CHARACTERS_MAX: Final = 2048
BODY_BYTES_MAX: Final = 64 * 1024
ANSWER_BYTES_MAX: Final = 16 * 1024
ADDRESSES_TRIED_MAX: Final = 3
PORTS: Final = frozenset({443, 8443})

_NAT64: Final = IPv6Network("64:ff9b::/96")
# Public by their numbers: protocol assignments (a cloud's metadata among them), 6to4 relays, a cloud's host.
_INSIDE: Final = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")))
_ISATAP: Final = (0x00005EFE, 0x02005EFE)
_FAILURES: Final = (urllib3.exceptions.HTTPError, HTTPException, OSError)

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class OutboundRoute:
    """Where connections go.

    Attributes:
        stand_ins: Names that are answered for on this machine; empty everywhere else.
        host: The stand-ins' address.
        ca_file: What signs their certificates.
    """

    stand_ins: frozenset[str] = frozenset()
    host: str = ""
    port: int = 0
    ca_file: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """The route that a setting names: `direct`, or `local:<host>:<port>:<names,…>:<ca file>`.

        Raises:
            InvalidInput: `outbound.route_malformed`.
        """
        if text == "direct":
            return cls()
        parts = text.split(":", 4)
        if len(parts) != 5 or parts[0] != "local" or not parts[2].isdigit():  # noqa: PLR2004
            message = "The way to channels is direct or local:<host>:<port>:<names>:<ca file>."
            raise InvalidInput("outbound.route_malformed", message)
        return cls(frozenset(parts[3].split(",")), parts[1], int(parts[2]), parts[4])


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a request may take."""

    connect_s: float = 3.0
    total_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent; neither address nor headers show in its text, for both may hold secrets."""

    url: str = field(repr=False)
    method: str = "POST"
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; of the body at most `ANSWER_BYTES_MAX`."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Whether the other side took it."""
        return 200 <= self.status < 300  # noqa: PLR2004


class Outbound:
    """Sends one request to one address that may be reached."""

    def __init__(self, route: OutboundRoute, limits: Limits | None = None, resolve: Resolver | None = None) -> None:
        self._route = route
        self._limits = limits or Limits()
        self._resolve = resolve or _resolve

    def check(self, url: str) -> None:
        """Pass if the URL could be sent to now.

        Raises:
            InvalidInput: `outbound.url_refused`.
            Forbidden: `outbound.address_refused`.
            Unavailable: `outbound.name_unknown`.
        """
        self._places(_parse(url))

    def send(self, request: Request) -> Answer:
        """The answer, whatever its status.

        Raises:
            InvalidInput: `outbound.url_refused`: no URL that is sent to.
            TooLarge: `outbound.too_large`.
            Forbidden: `outbound.address_refused`: the name leads to where nobody may be sent.
            Unavailable: `outbound.name_unknown`, `outbound.unreachable`: nothing was sent.
            OutcomeUnknown: `outbound.no_answer`: it was sent, or a part of it, and no answer came in time.
        """
        if len(request.body) > BODY_BYTES_MAX:
            raise TooLarge("outbound.too_large", f"At most {BODY_BYTES_MAX} bytes are sent.")
        target = _parse(request.url)
        places = self._places(target)
        with _TimeLimit(self._limits.total_s) as limit:
            return self._exchange(self._connect(target, places, limit), target, request)

    def _places(self, target: SplitResult) -> Sequence[tuple[str, int]]:
        name, port = target.hostname or "", target.port or 443
        if name in self._route.stand_ins:
            return [(self._route.host, self._route.port)]
        addresses = self._look_up(name, port)
        if not addresses:
            raise Unavailable("outbound.name_unknown", "The address's host name can't be found.")
        if not all(is_public(ip_address(address)) for address in addresses):
            raise Forbidden("outbound.address_refused", "The address leads into a network that may not be reached.")
        return [(address, port) for address in addresses[:ADDRESSES_TRIED_MAX]]

    def _look_up(self, name: str, port: int) -> Sequence[str]:
        found: Future[Sequence[str]] = Future()

        def look() -> None:
            try:
                found.set_result(self._resolve(name, port))
            except (OSError, UnicodeError):  # the latter of a name that can be none
                found.set_result(())

        # The system's resolver knows no time limit.
        threading.Thread(target=look, name="resolve", daemon=True).start()
        try:
            return found.result(self._limits.connect_s)
        except TimeoutError:
            return ()

    def _connect(self, target: SplitResult, places: Sequence[tuple[str, int]], limit: _TimeLimit) -> HTTPSConnection:
        for host, port in places:
            connection = limit.hold(self._connection(target.hostname or "", host, port))
            try:
                connection.connect()
            except _FAILURES:
                connection.close()
            else:
                return connection
        raise Unavailable("outbound.unreachable", "The address can't be reached, or its certificate is not valid.")

    def _connection(self, name: str, host: str, port: int) -> HTTPSConnection:
        is_stand_in = name in self._route.stand_ins
        context = ssl.create_default_context(cafile=self._route.ca_file if is_stand_in else None)
        return HTTPSConnection(
            host,
            port,
            timeout=self._limits.connect_s,
            ssl_context=context,
            server_hostname=name,
        )

    def _exchange(self, connection: HTTPSConnection, target: SplitResult, request: Request) -> Answer:
        headers = {"Host": target.netloc, "User-Agent": "Nightdesk/1", "Accept-Encoding": "identity"}
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        try:
            connection.sock.settimeout(self._limits.total_s)
            sent = {**headers, **request.headers}
            connection.request(request.method, path, request.body or None, sent, preload_content=False)
            response = connection.getresponse()
            body = response.read(ANSWER_BYTES_MAX, decode_content=False)
        except _FAILURES:
            raise OutcomeUnknown("outbound.no_answer", "It was sent, and no answer came in time.") from None
        return Answer(response.status, body, {name.lower(): value for name, value in response.headers.items()})


class _TimeLimit:
    """Cuts a connection when the time is over.

    A time limit of a socket holds for each read: whoever sends a byte now and then would never meet it.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._connection: HTTPSConnection | None = None

    def hold(self, connection: HTTPSConnection) -> HTTPSConnection:
        """Watch this connection from now on."""
        self._connection = connection
        return connection

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        if self._connection is not None:
            self._connection.close()

    def _cut(self) -> None:
        connected = self._connection.sock if self._connection else None
        if connected is not None:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)


def is_public(address: Address) -> bool:
    """Whether the address belongs to the public internet, and none that is written into it does not."""
    if isinstance(address, IPv6Address) and address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _INSIDE)
    return not address.is_site_local and all(is_public(inner) for inner in _inner(address))


def _inner(address: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that packets to this one may end at."""
    low, word = int(address) & 0xFFFFFFFF, (int(address) >> 32) & 0xFFFFFFFF
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if word in _ISATAP or int(address) >> 32 == 0:
        found.append(IPv4Address(low))
    return [each for each in found if each is not None]


def _parse(url: str) -> SplitResult:
    if len(url) > URL_CHARACTERS_MAX or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _refused("It is too long, or has characters that an address can't have.")
    try:
        parts = urlsplit(url)
        port, name = parts.port or 443, parts.hostname or ""
    except ValueError:
        raise _refused("It is no address.") from None
    if parts.scheme != "https" or not name:
        raise _refused("It must begin with https:// and a host name.")
    if parts.username is not None or parts.password is not None:
        raise _refused("It must not contain a user name or password.")
    if port not in PORTS:
        raise _refused("Only the ports 443 and 8443 are sent to.")
    if _is_literal(name):
        raise _refused("It must have a host name, no number.")
    return parts


def _is_literal(name: str) -> bool:
    # Resolvers also take `127.1`, `0x7f.1` and `2130706433` for addresses: no top-level domain begins with a digit.
    last = name.rstrip(".").rpartition(".")[2]
    return ":" in name or not last or last[0].isdigit()


def _refused(why: str) -> InvalidInput:
    return InvalidInput("outbound.url_refused", f"This address is not sent to. {why}")


def _resolve(name: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
