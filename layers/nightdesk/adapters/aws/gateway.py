"""The exchange gateway as a function that is invoked and waited for."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from nightdesk.accounts.keys import KeyTest, RevokedKey, Rotation
from nightdesk.accounts.model import (
    AccountRef,
    Credential,
    Cursor,
    HistoryPage,
    KeyPermissions,
    KnownHistory,
    ReportedBalance,
    StreamStart,
    TenantRef,
)
from nightdesk.accounts.positions import Position
from nightdesk.contracts import gateway_forms as forms
from nightdesk.contracts import gateway_keys as key_forms
from nightdesk.contracts import gateway_orders as order_forms
from nightdesk.contracts.gateway import (
    BALANCES,
    HISTORY_PAGE,
    PERMISSIONS,
    PUBLIC_OPERATIONS,
    STREAMS,
    TICKERS,
    GatewayAnswer,
)
from nightdesk.contracts.gateway_positions import POSITIONS, positions_of
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.kernel.ids import CorrelationId
from nightdesk.markets.model import Price
from nightdesk.markets.orders import MarketRules, OrderName, OrderTicket, VenueOrder
from nightdesk.orders.errors import outcome_unknown

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# At DEBUG botocore logs request bodies, and `connect` has a secret in its.
logging.getLogger("botocore").setLevel(logging.INFO)


class LambdaVenueGateway:
    """`VenueGateway` and `OrderVenue` by synchronous invocation; the client should not retry by itself."""

    def __init__(self, client: LambdaClient, function: str, *, asker: str = "service") -> None:
        self._client = client
        self._function = function
        self._asker = asker

    def connect(self, account: AccountRef, credential: Credential) -> KeyPermissions:
        """Check the key at the venue, seal and keep it."""
        request = _request("connect", account, key=credential.key, secret=credential.secret)
        return forms.permissions_of(PERMISSIONS.validate_python(self._ask(request)))

    def disconnect(self, account: AccountRef) -> None:
        """Forget the key."""
        self._ask(_request("disconnect", account))

    def rotate(self, account: AccountRef, credential: Credential, *, confirmed: bool) -> Rotation:
        """Put another key in the place of the account's."""
        sent = {"key": credential.key, "secret": credential.secret, "confirmed": confirmed}
        said = self._ask(_request("rotate", account, **sent))
        return key_forms.rotation_of(key_forms.ROTATION.validate_python(said))

    def test_key(self, account: AccountRef) -> KeyTest:
        """Try out what the account's key may do."""
        return key_forms.test_of(key_forms.KEY_TEST.validate_python(self._ask(_request("test_key", account))))

    def revoke_all(self, tenant: TenantRef, *, drill: bool) -> tuple[RevokedKey, ...]:
        """Destroy every key of the tenant, or rehearse it."""
        named = {"tenant_id": str(tenant.tenant_id), "correlation_id": tenant.correlation_id}
        said = self._ask({"operation": "revoke_all", **named, "drill": drill})
        return key_forms.revoked_of(key_forms.REVOKED.validate_python(said))

    def balances(self, account: AccountRef) -> tuple[ReportedBalance, ...]:
        """What the account holds."""
        return forms.balances_of(BALANCES.validate_python(self._ask(_request("balances", account))))

    def positions(self, account: AccountRef) -> tuple[Position, ...]:
        """Which contracts are open."""
        return positions_of(POSITIONS.validate_python(self._ask(_request("positions", account))))

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

    def market_rules(self, instrument: Instrument, correlation_id: CorrelationId) -> MarketRules:
        """What the market demands of orders."""
        asked = {"venue": instrument.venue, "symbol": instrument.symbol, "correlation_id": correlation_id}
        said = self._ask({"operation": "market_rules", **asked})
        return order_forms.rules_of(instrument.venue, order_forms.MARKET_RULES.validate_python(said))

    def place_order(self, account: AccountRef, ticket: OrderTicket) -> VenueOrder:
        """Send the order, once; when the gateway's own answer is lost, nobody knows whether it was sent."""
        request = _request("place_order", account, **order_forms.ticket_request(ticket))
        said = self._ask(request, lost=outcome_unknown)
        return order_forms.order_of(account.venue, order_forms.VENUE_ORDER.validate_python(said))

    def cancel_order(self, account: AccountRef, name: OrderName) -> VenueOrder:
        """Cancel it, or say what had become of it."""
        said = self._ask(_request("cancel_order", account, **order_forms.name_request(name)), lost=outcome_unknown)
        return order_forms.order_of(account.venue, order_forms.VENUE_ORDER.validate_python(said))

    def find_order(self, account: AccountRef, name: OrderName) -> VenueOrder | None:
        """The order, if the venue has it."""
        said = self._ask(_request("find_order", account, **order_forms.name_request(name)))
        found = order_forms.FOUND_ORDER.validate_python(said)
        return None if found is None else order_forms.order_of(account.venue, found)

    def open_orders(self, account: AccountRef) -> tuple[VenueOrder, ...]:
        """Every open order."""
        said = order_forms.VENUE_ORDERS.validate_python(self._ask(_request("open_orders", account)))
        return tuple(order_forms.order_of(account.venue, shape) for shape in said)

    def _ask(self, request: dict[str, Any], lost: Callable[[], NightdeskError] | None = None) -> object:
        lost = lost or _unavailable
        if request["operation"] not in PUBLIC_OPERATIONS:
            request = {**request, "asker": self._asker}
        try:
            answer = self._client.invoke(
                FunctionName=self._function, InvocationType="RequestResponse", Payload=json.dumps(request).encode()
            )
            payload = answer["Payload"].read()
        except (BotoCoreError, ClientError):
            raise lost() from None  # the error could hold what was sent
        if "FunctionError" in answer:
            raise lost()
        return _result(payload, lost)


def _result(payload: bytes, lost: Callable[[], NightdeskError]) -> object:
    try:
        answer = GatewayAnswer.model_validate_json(payload)
    except ValidationError:
        raise lost() from None
    if answer.ok:
        return answer.result
    raise forms.error_of(answer.error) if answer.error else lost()


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
