"""What is asked of the exchange gateway and what it answers, as JSON of a synchronous invocation.

The request never names a credential but in `connect`; no answer holds one. Validation errors hide their input.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter

from nightdesk.contracts.gateway_keys import KEY_OPERATIONS, RevokeAllRequest, RotateRequest, TestKeyRequest
from nightdesk.contracts.gateway_orders import (
    ORDER_OPERATIONS,
    CancelOrderRequest,
    FindOrderRequest,
    MarketRulesRequest,
    OpenOrdersRequest,
    PlaceOrderRequest,
)
from nightdesk.kernel.assets import SPOT

_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

CursorShape = dict[str, str | int | None]


class _Shape(BaseModel):
    model_config = _STRICT


class _AccountRequest(_Shape):
    tenant_id: UUID
    account_id: UUID
    venue: str = Field(max_length=40)
    correlation_id: str = Field(max_length=64)
    asker: str = Field(default="service", max_length=40)


class ConnectRequest(_AccountRequest):
    """Check a key, seal and keep it."""

    operation: Literal["connect"] = "connect"
    key: SecretStr = Field(max_length=4096)
    secret: SecretStr = Field(max_length=4096)


class DisconnectRequest(_AccountRequest):
    """Forget a key."""

    operation: Literal["disconnect"] = "disconnect"


class BalancesRequest(_AccountRequest):
    """What does the account hold?"""

    operation: Literal["balances"] = "balances"


class PositionsRequest(_AccountRequest):
    """Which contracts are open?"""

    operation: Literal["positions"] = "positions"


class StreamsRequest(_AccountRequest):
    """Which streams of history are there, given what is known of it?"""

    operation: Literal["streams"] = "streams"
    assets: tuple[str, ...] = Field(default=(), max_length=5000)
    streams: tuple[str, ...] = Field(default=(), max_length=20_000)
    earliest_at: datetime | None = None


class HistoryPageRequest(_AccountRequest):
    """One page of a stream."""

    operation: Literal["history_page"] = "history_page"
    stream: str = Field(max_length=120)
    cursor: CursorShape = {}


class TickersRequest(_Shape):
    """The last price of every market; needs no account."""

    operation: Literal["tickers"] = "tickers"
    venue: str = Field(max_length=40)
    correlation_id: str = Field(max_length=64)


GatewayRequest = Annotated[
    ConnectRequest
    | DisconnectRequest
    | BalancesRequest
    | PositionsRequest
    | StreamsRequest
    | HistoryPageRequest
    | TickersRequest
    | MarketRulesRequest
    | PlaceOrderRequest
    | CancelOrderRequest
    | FindOrderRequest
    | OpenOrdersRequest
    | RotateRequest
    | TestKeyRequest
    | RevokeAllRequest,
    Field(discriminator="operation"),
]

REQUEST: TypeAdapter[GatewayRequest] = TypeAdapter(GatewayRequest)

OPERATIONS = (
    "connect",
    "disconnect",
    "balances",
    "positions",
    "streams",
    "history_page",
    "tickers",
    *ORDER_OPERATIONS,
    *KEY_OPERATIONS,
)

PUBLIC_OPERATIONS = frozenset({"tickers", "market_rules"})
"""Those that need no account."""


class GatewayFailure(_Shape):
    """Why an operation was refused or failed; `kind` is the kernel's."""

    code: str
    kind: str
    message: str
    retry_after_s: float | None = None


class PermissionsShape(_Shape):
    """What a key may do."""

    may_read: bool
    may_trade: bool
    may_withdraw: bool
    ip_bound: bool | None
    checked_at: datetime


class BalanceShape(_Shape):
    """A reported balance; amounts are decimal texts."""

    asset: str
    free: str
    locked: str
    wallet: str = SPOT


class StreamShape(_Shape):
    """A stream and where to begin it."""

    stream: str
    cursor: CursorShape


class LegShape(_Shape):
    """A leg of a fact."""

    role: str
    asset: str
    amount: str
    wallet: str = SPOT


class RouteShape(_Shape):
    """The way a deposit or withdrawal took."""

    tx_hash: str | None = None
    address: str | None = None
    network: str | None = None


class FactShape(_Shape):
    """A fact for the ledger."""

    kind: str
    identity: str
    source: str
    occurred_at: datetime
    legs: tuple[LegShape, ...]
    instrument: str | None = None
    order_id: str | None = None
    route: RouteShape | None = None


class SkipShape(_Shape):
    """A row the ledger can't take."""

    identity: str
    reason: str
    payload: dict[str, object]


class HistoryPageShape(_Shape):
    """A page of history."""

    facts: tuple[FactShape, ...]
    skips: tuple[SkipShape, ...]
    cursor: CursorShape
    finished: bool
    done_ratio: float = Field(ge=0, le=1)


class TickerShape(_Shape):
    """A last price."""

    symbol: str
    last: str
    at: datetime


class GatewayAnswer(_Shape):
    """`ok` with a result, or not with an error."""

    ok: bool
    result: object = None
    error: GatewayFailure | None = None


PERMISSIONS: TypeAdapter[PermissionsShape] = TypeAdapter(PermissionsShape)
BALANCES: TypeAdapter[tuple[BalanceShape, ...]] = TypeAdapter(tuple[BalanceShape, ...])
STREAMS: TypeAdapter[tuple[StreamShape, ...]] = TypeAdapter(tuple[StreamShape, ...])
HISTORY_PAGE: TypeAdapter[HistoryPageShape] = TypeAdapter(HistoryPageShape)
TICKERS: TypeAdapter[tuple[TickerShape, ...]] = TypeAdapter(tuple[TickerShape, ...])
