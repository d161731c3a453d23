"""The websocket at /graphql/live: who is let in, and for how long."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final, cast

import orjson
from aiohttp import web
from strawberry.aiohttp.views import GraphQLView
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from fargate.feed_gateway.sending import SEND_WITHIN_S, BoundedAdapter, QuietHandler, bound_buffers
from nightdesk.contracts.graphql.context import Asked, LiveFeeds
from nightdesk.contracts.graphql.schema import DeskSchema
from nightdesk.identity.model import Caller
from nightdesk.identity.service import IdentityService
from nightdesk.kernel.errors import NightdeskError, Unauthenticated, Unavailable
from nightdesk.kernel.instants import Clock
from nightdesk.runtime import correlation

TOKEN_ENDED: Final = 4403
RECHECK_S: Final = 5.0
HEARTBEAT_S: Final = 20.0
MESSAGE_BYTES_MAX: Final = 64 * 1024
SUBSCRIPTIONS_MAX: Final = 20
INIT_WITHIN: Final = timedelta(seconds=10)
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Live(Asked):
    """The context of one websocket."""

    caller: Caller = field(init=False)
    websocket: web.WebSocketResponse
    connection_params: dict[str, Any] | None = None


class LiveView(GraphQLView[Live, None]):
    """Serves subscriptions to whoever shows a token that holds, as long as it holds."""

    graphql_transport_ws_handler_class = QuietHandler[Any, None]

    def __init__(
        self,
        schema: DeskSchema,
        feeds: LiveFeeds,
        identity: IdentityService,
        clock: Clock,
        *,
        send_within_s: float = SEND_WITHIN_S,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=INIT_WITHIN,
            max_subscriptions_per_connection=SUBSCRIPTIONS_MAX,
        )
        self._feeds = feeds
        self._identity = identity
        self._clock = clock
        self.websocket_adapter_class = partial(BoundedAdapter, send_within_s=send_within_s)  # type: ignore[assignment]
        self._watches: set[asyncio.Task[None]] = set()

    async def create_websocket_response(self, request: web.Request, subprotocol: str | None) -> web.WebSocketResponse:
        """A websocket that notices when its browser is gone, and takes no large messages."""
        protocols = [subprotocol] if subprotocol else []
        websocket = web.WebSocketResponse(protocols=protocols, heartbeat=HEARTBEAT_S, max_msg_size=MESSAGE_BYTES_MAX)
        await websocket.prepare(request)
        bound_buffers(request)
        return websocket

    def encode_json(self, data: object) -> str:
        """The text of a message."""
        return orjson.dumps(data).decode()

    async def get_context(self, request: web.Request, response: web.Response | web.WebSocketResponse) -> Live:
        """The context of a websocket whose caller is not known yet."""
        if not isinstance(response, web.WebSocketResponse):
            raise web.HTTPUpgradeRequired
        correlation_id = correlation.accept(request.headers.get(correlation.HEADER))
        return Live(websocket=response, correlation_id=correlation_id, feeds=self._feeds)

    async def on_ws_connect(self, context: Live) -> UnsetType:
        """Let in whose token holds; a refusal closes with 4403."""
        token = (context.connection_params or {}).get("accessToken")
        try:
            context.caller = await self._authenticate(token if isinstance(token, str) else "")
        except NightdeskError as error:
            _log.info("connection refused", extra={"error_code": error.code})
            raise ConnectionRejectionError from error
        watch = asyncio.create_task(self._watch(context, str(token)))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        return cast("UnsetType", UNSET)

    async def _authenticate(self, token: str) -> Caller:
        return await asyncio.to_thread(self._identity.authenticate, token)

    async def _watch(self, context: Live, token: str) -> None:
        """Close the websocket when its token ends or its session is ended."""
        while not context.websocket.closed:
            left_s = (context.caller.expires_at - self._clock.now()).total_seconds()
            if left_s <= 0 or not await self._still_holds(token):
                await context.websocket.close(code=TOKEN_ENDED, message=b"Forbidden")
                return
            await asyncio.sleep(min(max(left_s, 0.0), RECHECK_S))

    async def _still_holds(self, token: str) -> bool:
        try:
            await self._authenticate(token)
        except Unauthenticated:
            return False
        except Unavailable as error:
            _log.warning("token not checked again", extra={"error_code": error.code})
        return True
