"""From a request to the operation it names, and from its outcome to the answer."""

from __future__ import annotations

import logging
from typing import Any, Final, assert_never

from pydantic import ValidationError

from nightdesk.accounts.custody import CustodyService
from nightdesk.accounts.model import AccountRef, Credential, TenantRef
from nightdesk.contracts import gateway_forms as forms
from nightdesk.contracts import gateway_keys as keys
from nightdesk.contracts import gateway_orders as orders
from nightdesk.contracts.gateway import (
    OPERATIONS,
    REQUEST,
    BalancesRequest,
    ConnectRequest,
    DisconnectRequest,
    GatewayRequest,
    HistoryPageRequest,
    PositionsRequest,
    StreamsRequest,
    TickersRequest,
)
from nightdesk.contracts.gateway_keys import RevokeAllRequest, RotateRequest, TestKeyRequest
from nightdesk.contracts.gateway_orders import (
    CancelOrderRequest,
    FindOrderRequest,
    MarketRulesRequest,
    OpenOrdersRequest,
    PlaceOrderRequest,
)
from nightdesk.contracts.gateway_positions import positions_result
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
        case ConnectRequest() | DisconnectRequest() | RotateRequest() | TestKeyRequest() | RevokeAllRequest():
            return _perform_with_key(custody, request)
        case BalancesRequest() | PositionsRequest():
            return _perform_report(custody, request)
        case StreamsRequest():
            return forms.streams_result(custody.streams(_account(request), forms.known_of(request)))
        case HistoryPageRequest():
            page = custody.history_page(_account(request), request.stream, request.cursor)
            return forms.page_result(page)
        case TickersRequest() | MarketRulesRequest():
            return _perform_public(custody, request)
        case _:
            return _perform_order(custody, request)


def _perform_with_key(custody: CustodyService, request: _OfKeys) -> object:
    match request:
        case ConnectRequest():
            return forms.permissions_result(custody.connect(_account(request), _credential(request)))
        case DisconnectRequest():
            custody.disconnect(_account(request))
            return None
        case RotateRequest():
            rotation = custody.rotate(_account(request), _credential(request), confirmed=request.confirmed)
            return keys.rotation_result(rotation)
        case TestKeyRequest():
            return keys.test_result(custody.test_key(_account(request)))
        case RevokeAllRequest():
            return keys.revoked_result(custody.revoke_all(_tenant(request), drill=request.drill))
        case _:
            assert_never(request)


def _perform_report(custody: CustodyService, request: BalancesRequest | PositionsRequest) -> object:
    if isinstance(request, PositionsRequest):
        return positions_result(custody.positions(_account(request)))
    return forms.balances_result(custody.balances(_account(request)))


def _perform_public(custody: CustodyService, request: TickersRequest | MarketRulesRequest) -> object:
    correlation_id = CorrelationId(request.correlation_id)
    if isinstance(request, TickersRequest):
        return forms.tickers_result(custody.tickers(VenueId(request.venue), correlation_id))
    instrument = orders.instrument_of(request.venue, request.symbol)
    return orders.rules_result(custody.market_rules(instrument, correlation_id))


def _perform_order(
    custody: CustodyService,
    request: PlaceOrderRequest | CancelOrderRequest | FindOrderRequest | OpenOrdersRequest,
) -> object:
    match request:
        case PlaceOrderRequest():
            return orders.order_result(custody.place_order(_account(request), orders.ticket_of(request)))
        case CancelOrderRequest():
            return orders.order_result(custody.cancel_order(_account(request), orders.name_of(request)))
        case FindOrderRequest():
            found = custody.find_order(_account(request), orders.name_of(request))
            return None if found is None else orders.order_result(found)
        case OpenOrdersRequest():
            return orders.orders_result(custody.open_orders(_account(request)))
        case _:
            assert_never(request)


_OfKeys = ConnectRequest | DisconnectRequest | RotateRequest | TestKeyRequest | RevokeAllRequest
_OfAccount = (
    ConnectRequest
    | DisconnectRequest
    | BalancesRequest
    | PositionsRequest
    | StreamsRequest
    | HistoryPageRequest
    | PlaceOrderRequest
    | CancelOrderRequest
    | FindOrderRequest
    | OpenOrdersRequest
    | RotateRequest
    | TestKeyRequest
)


def _account(request: _OfAccount) -> AccountRef:
    return AccountRef(
        tenant_id=TenantId(request.tenant_id),
        account_id=AccountId(request.account_id),
        venue=VenueId(request.venue),
        correlation_id=CorrelationId(request.correlation_id),
        asker=request.asker,
    )


def _tenant(request: RevokeAllRequest) -> TenantRef:
    return TenantRef(
        tenant_id=TenantId(request.tenant_id),
        correlation_id=CorrelationId(request.correlation_id),
        asker=request.asker,
    )


def _credential(request: ConnectRequest | RotateRequest) -> Credential:
    return Credential(request.key.get_secret_value(), request.secret.get_secret_value())
