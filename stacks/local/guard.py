"""Keep web pages and other strangers out of the local cloud.

The emulator accepts unsigned requests with any Host and Origin, so any page open in a browser on this machine could
post to it. Nothing passes here without the secret of this start: as a path prefix (clients' endpoint URL; it covers
unsigned operations too), as the access key id of a signed request, or in a header (from the front).
"""

import hmac
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SECRET_HEADER = "x-nightdesk-desk"  # noqa: S105 - the name of a header
_PREFIX = "/-"
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
_PUBLIC_KEYS = re.compile(r"/[\w-]+/\.well-known/jwks\.json")
_REFUSALS: Mapping[str, bytes] = {
    "host": b"This Host is not the desk's.\n",
    "origin": b"Pages of other origins may not call the desk's cloud.\n",
    "secret": b"The desk's secret is missing.\n",
}


def endpoint_url(port: int, secret: str) -> str:
    """Return the URL that AWS clients take as their endpoint."""
    return f"http://127.0.0.1:{port}{_PREFIX}/{secret}"


class Guard:
    """An ASGI application that lets only the desk's own requests through to another."""

    def __init__(self, application: Application, *, secret: str, port: int, origins: Iterable[str] = ()) -> None:
        self._application = application
        self._secret = secret
        self._prefix = f"{_PREFIX}/{secret}"
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, without the secret, or refuse it with 403."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        headers = _headers(scope)
        refusal = self._refusal(scope, headers)
        if refusal is None:
            await self._application(self._without_secret(scope), receive, send)
        else:
            await _refuse(scope, receive, send, _REFUSALS[refusal])

    def _refusal(self, scope: Scope, headers: Mapping[str, Sequence[str]]) -> str | None:
        if any(host not in self._hosts for host in headers.get("host", [""])):
            return "host"
        if any(origin not in self._origins for origin in headers.get("origin", [])):
            return "origin"
        if self._is_secret_known(scope, headers) or _is_public(scope):
            return None
        return "secret"

    def _is_secret_known(self, scope: Scope, headers: Mapping[str, Sequence[str]]) -> bool:
        if _starts_with(scope["path"], self._prefix):
            return True
        offered = [*headers.get(SECRET_HEADER, []), *_access_keys(scope, headers)]
        return any(hmac.compare_digest(value.encode(), self._secret.encode()) for value in offered)

    def _without_secret(self, scope: Scope) -> Scope:
        headers = [(name, value) for name, value in scope["headers"] if name.lower() != SECRET_HEADER.encode()]
        inner = dict(scope, headers=headers)
        if _starts_with(scope["path"], self._prefix):
            inner["path"] = scope["path"][len(self._prefix) :] or "/"
            inner["raw_path"] = (scope.get("raw_path") or b"")[len(self._prefix) :] or b"/"
        return inner


def _starts_with(path: str, prefix: str) -> bool:
    return hmac.compare_digest(path[: len(prefix)].encode(), prefix.encode()) and path[
        len(prefix) : len(prefix) + 1
    ] in {"", "/"}


def _is_public(scope: Scope) -> bool:
    # Verification keys of the user pool: public by their nature, fetched by plain GET.
    return scope["type"] == "http" and scope["method"] == "GET" and bool(_PUBLIC_KEYS.fullmatch(scope["path"]))


def _headers(scope: Scope) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _access_keys(scope: Scope, headers: Mapping[str, Sequence[str]]) -> Iterable[str]:
    for value in headers.get("authorization", []):
        yield from _CREDENTIAL.findall(value)
    for value in parse_qs(scope.get("query_string", b"").decode("latin-1")).get("X-Amz-Credential", []):
        yield value.split("/", 1)[0]


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: bytes) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(reason)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": reason})
