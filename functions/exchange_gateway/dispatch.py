"""From a request to the operation it names, and from its outcome to the answer."""

from __future__ import annotations

import logging
from typing import Any, Final, assert_never

from pydantic import ValidationError

from nightdesk.accounts.custody import CustodyService
from nightdesk.accounts.model import AccountRef, Credential
from nightdesk.contracts import gateway_forms as forms
from nightdesk.contracts.gateway import (
    OPERATIONS,
    REQUEST,
    BalancesRequest,
    ConnectRequest,
    DisconnectRequest,
    GatewayRequest,
    HistoryPageRequest,
    StreamsRequest,
    TickersRequest,
)
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Forbidden, InvalidInput, NightdeskError
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId

REFUSED: Final = "gateway.operation_refused"
MALFORMED: Final = "gateway.request_malformed"

_log = logging.getLogger(__name__)


def answer(custody: CustodyService, event: object) -> dict[str, Any]:
    """What the operation gives, or why not."""
    try:
        result = _perform(custody, _parse(event))
    except NightdeskError as error:
        _log.warning("gateway operation failed", extra={"error_code": error.code})
        return forms.failure_answer(error)
    return {"ok": True, "result": result}


def _parse(event: object) -> GatewayRequest:
    operation = event.get("operation") if isinstance(event, dict) else None
    if operation not in OPERATIONS:
        raise Forbidden(REFUSED, "The gateway offers no such operation.")
    try:
        return REQUEST.validate_python(event)
    except ValidationError:  # its text could show what was sent
        raise InvalidInput(MALFORMED, "The request to the gateway is malformed.") from None


def _perform(custody: CustodyService, request: GatewayRequest) -> object:
    match request:
        case ConnectRequest():
            credential = Credential(request.key.get_secret_value(), request.secret.get_secret_value())
            return forms.permissions_result(custody.connect(_account(request), credential))
        case DisconnectRequest():
            custody.disconnect(_account(request))
            return None
        case BalancesRequest():
            return forms.balances_result(custody.balances(_account(request)))
        case StreamsRequest():
            return forms.streams_result(custody.streams(_account(request), forms.known_of(request)))
        case HistoryPageRequest():
            page = custody.history_page(_account(request), request.stream, request.cursor)
            return forms.page_result(page)
        case TickersRequest():
            prices = custody.tickers(VenueId(request.venue), CorrelationId(request.correlation_id))
            return forms.tickers_result(prices)
        case _:
            assert_never(request)


def _account(
    request: ConnectRequest | DisconnectRequest | BalancesRequest | StreamsRequest | HistoryPageRequest,
) -> AccountRef:
    return AccountRef(
        tenant_id=TenantId(request.tenant_id),
        account_id=AccountId(request.account_id),
        venue=VenueId(request.venue),
        correlation_id=CorrelationId(request.correlation_id),
    )
