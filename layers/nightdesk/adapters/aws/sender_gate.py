"""The alerts' sender as a function that is invoked and waited for."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from nightdesk.alerts.channels import Tested
from nightdesk.alerts.model import ChannelId
from nightdesk.alerts.sealing import Address
from nightdesk.contracts.alert_messages import SenderAnswer
from nightdesk.contracts.failures import error_of
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import CorrelationId, TenantId

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# At DEBUG botocore logs request bodies, and `seal` has secrets in its.
logging.getLogger("botocore").setLevel(logging.INFO)


class LambdaSenderGate:
    """`SenderGate` by synchronous invocation; the client should not retry by itself."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def seal(self, tenant_id: TenantId, channel_id: ChannelId, address: Address, correlation_id: CorrelationId) -> None:
        """Check that the address could be sent to, and keep it sealed."""
        more = {"kind": address.kind.value, "parts": dict(address.parts)}
        self._ask(_request("seal", tenant_id, channel_id, correlation_id) | more)

    def test(self, tenant_id: TenantId, channel_id: ChannelId, code: str, correlation_id: CorrelationId) -> Tested:
        """Send a test message with the code now."""
        answer = self._ask(_request("test", tenant_id, channel_id, correlation_id) | {"code": code})
        return Tested(shows_code=bool(answer.get("shows_code")))

    def forget(self, tenant_id: TenantId, channel_id: ChannelId, correlation_id: CorrelationId) -> None:
        """Forget the channel's address."""
        self._ask(_request("forget", tenant_id, channel_id, correlation_id))

    def push_key(self, correlation_id: CorrelationId) -> str:
        """The public key that browsers subscribe with."""
        return str(self._ask({"operation": "push_key", "correlation_id": correlation_id})["public_key"])

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._client.invoke(
                FunctionName=self._function, InvocationType="RequestResponse", Payload=json.dumps(request).encode()
            )
            payload = answer["Payload"].read()
        except (BotoCoreError, ClientError):
            raise _unavailable() from None  # the error could hold what was sent
        if "FunctionError" in answer:
            raise _unavailable()
        return _result(payload)


def _result(payload: bytes) -> dict[str, Any]:
    try:
        answer = SenderAnswer.model_validate_json(payload)
    except ValidationError:
        raise _unavailable() from None
    if answer.ok:
        return answer.result
    if answer.error is None:
        raise _unavailable()
    failure = answer.error
    raise error_of(failure.kind, failure.code, failure.message, failure.retry_after_s)


def _request(
    operation: str, tenant_id: TenantId, channel_id: ChannelId, correlation_id: CorrelationId
) -> dict[str, Any]:
    named = {"tenant_id": str(tenant_id), "channel_id": str(channel_id)}
    return {"operation": operation, **named, "correlation_id": correlation_id}


def _unavailable() -> Unavailable:
    return Unavailable("sender.unavailable", "The sender of alerts does not answer.")
