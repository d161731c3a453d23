"""Who may ask, and what every answer of the front says."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from multidict import CIMultiDict

from stacks.browser_policy import CONTENT_SECURITY_POLICY, HARDENING

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS: Mapping[str, str] = {
    **HARDENING,
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Admission:
    """Lets in the desk's own page and programs without a page; refuses other Hosts and Origins."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self._host = f"127.0.0.1:{port}"
        self._alias = f"localhost:{port}"

    def refuse(self, request: web.Request) -> web.Response | None:
        """Return the refusal of a request, or None for one that may come in."""
        if request.host == self._alias and request.method in {"GET", "HEAD"} and "Upgrade" not in request.headers:
            return web.Response(status=307, headers={"Location": f"{self.origin}{request.rel_url}"})
        if request.host != self._host:
            return _forbidden("This Host is not the desk's.")
        if any(origin != self.origin for origin in request.headers.getall("Origin", [])):
            return _forbidden("Pages of other origins may not call the desk.")
        if self._is_foreign_subresource(request.headers):
            return _forbidden("Pages of other sites may only link to the desk.")
        return None

    @staticmethod
    def _is_foreign_subresource(headers: Mapping[str, str]) -> bool:
        is_foreign = headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}
        return is_foreign and headers.get("Sec-Fetch-Mode") != "navigate"

    def harden(self, headers: CIMultiDict[str]) -> None:
        """Add what makes an answer safe to show."""
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)


def _forbidden(reason: str) -> web.Response:
    return web.Response(status=403, text=f"{reason}\n")
