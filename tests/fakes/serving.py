"""What API Gateway does between HTTP and a function, as WSGI."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote
from wsgiref.types import StartResponse, WSGIEnvironment

from nightdesk.runtime.http import Event, Reply
from tests.fakes.desk import event

Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]


def application(serve: Callable[[Event], Reply]) -> Application:
    """The function as a web application."""

    def answer(environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        length = int(environment.get("CONTENT_LENGTH") or 0)
        body = environment["wsgi.input"].read(length).decode("utf-8", "replace") if length else None
        names = {key[5:].replace("_", "-").title(): value for key, value in environment.items() if key[:5] == "HTTP_"}
        headers = names | {"Content-Type": environment.get("CONTENT_TYPE") or "application/json"}
        path = environment["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        request = event(environment["REQUEST_METHOD"], path, body, headers)
        request |= _query(environment.get("QUERY_STRING", ""))
        reply = serve(request)
        sent = [(name, value) for name, values in reply["multiValueHeaders"].items() for value in values]
        start(f"{int(reply['statusCode'])} Answer", sent)
        return [(reply["body"] or "").encode()]

    return answer


def _query(text: str) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    for pair in filter(None, text.split("&")):
        name, _, value = pair.partition("=")
        values.setdefault(unquote(name), []).append(unquote(value.replace("+", " ")))
    return {
        "multiValueQueryStringParameters": values or None,
        "queryStringParameters": {name: several[-1] for name, several in values.items()} or None,
    }
