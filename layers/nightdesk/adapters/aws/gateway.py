"""The exchange gateway as a function that is invoked and waited for."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from nightdesk.accounts.model import (
    AccountRef,
    Credential,
    Cursor,
    HistoryPage,
    KeyPermissions,
    KnownHistory,
    ReportedBalance,
    StreamStart,
)
from nightdesk.contracts import gateway_forms as forms
from nightdesk.contracts.gateway import (
    BALANCES,
    HISTORY_PAGE,
    PERMISSIONS,
    STREAMS,
    TICKERS,
    GatewayAnswer,
)
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import CorrelationId
from nightdesk.markets.model import Price

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# At DEBUG botocore logs request bodies, and `connect` has a secret in its.
logging.getLogger("botocore").setLevel(logging.INFO)


class LambdaVenueGateway:
    """`VenueGateway` by synchronous invocation; the client should not retry by itself."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def connect(self, account: AccountRef, credential: Credential) -> KeyPermissions:
        """Check the key at the venue, seal and keep it."""
        request = _request("connect", account, key=credential.key, secret=credential.secret)
        return forms.permissions_of(PERMISSIONS.validate_python(self._ask(request)))

    def disconnect(self, account: AccountRef) -> None:
        """Forget the key."""
        self._ask(_request("disconnect", account))

    def balances(self, account: AccountRef) -> tuple[ReportedBalance, ...]:
        """What the account holds."""
        return forms.balances_of(BALANCES.validate_python(self._ask(_request("balances", account))))

    def streams(self, account: AccountRef, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The streams of history to import."""
        request = _request("streams", account, **forms.known_request(known))
        return forms.streams_of(STREAMS.validate_python(self._ask(request)))

    def history_page(self, account: AccountRef, stream: str, cursor: Cursor) -> HistoryPage:
        """One page of a stream."""
        request = _request("history_page", account, stream=stream, cursor=dict(cursor))
        return forms.page_of(HISTORY_PAGE.validate_python(self._ask(request)))

    def tickers(self, venue: VenueId, correlation_id: CorrelationId) -> tuple[Price, ...]:
        """The last price of every market of the venue."""
        request = {"operation": "tickers", "venue": venue, "correlation_id": correlation_id}
        return forms.tickers_of(venue, TICKERS.validate_python(self._ask(request)))

    def _ask(self, request: dict[str, Any]) -> object:
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


def _result(payload: bytes) -> object:
    try:
        answer = GatewayAnswer.model_validate_json(payload)
    except ValidationError:
        raise _unavailable() from None
    if answer.ok:
        return answer.result
    raise forms.error_of(answer.error) if answer.error else _unavailable()


def _request(operation: str, account: AccountRef, **more: object) -> dict[str, Any]:
    return {
        "operation": operation,
        "tenant_id": str(account.tenant_id),
        "account_id": str(account.account_id),
        "venue": account.venue,
        "correlation_id": account.correlation_id,
        **more,
    }


def _unavailable() -> Unavailable:
    return Unavailable("gateway.unavailable", "The exchange gateway does not answer.")
