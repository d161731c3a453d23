"""boto3's Lambda client, its function run in this process."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

from nightdesk.adapters.aws.gateway import LambdaVenueGateway

Answer = Callable[[object], dict[str, Any]]


class InvokedHere:
    """Gives a payload to a function as Lambda would: everything passes through JSON."""

    def __init__(self, function: Answer) -> None:
        self._function = function
        self.payloads: list[bytes] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName
        assert InvocationType == "RequestResponse"
        answer = json.dumps(self._function(json.loads(Payload))).encode()
        self.payloads.append(answer)
        return {"StatusCode": 200, "Payload": io.BytesIO(answer)}


def gateway_of(function: Answer) -> LambdaVenueGateway:
    """The gateway's client before a function that runs here."""
    return LambdaVenueGateway(InvokedHere(function), "gateway")  # type: ignore[arg-type]
