"""The API as one resolver: who may come in, which routes there are, how errors go out."""

from __future__ import annotations

from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.api import openapi, refusals
from functions.api.datafeed_access import without_token
from functions.api.desk import Desk
from functions.api.json import dump, parse_object
from functions.api.routes import (
    accounts,
    actions,
    alert_channels,
    alerts,
    balancer,
    candle_coverage,
    candles,
    chart_points,
    charts,
    datafeed,
    files,
    halts,
    health,
    inbox,
    indicators,
    keys,
    ledger,
    ledger_proof,
    market_proxy,
    market_quality,
    orders,
    portfolio,
    positions,
    reconciliation,
    reference,
    rules,
    session,
    signals,
    transfers,
    valuations,
    webhook,
)
from functions.api.routing import put_context
from nightdesk.runtime.http import Reply, bearer_token, body_text, boundary, require_json, require_own_origin

PREFIX: Final = "/api/v1"
PUBLIC: Final = frozenset(
    {
        ("GET", f"{PREFIX}/health"),
        ("GET", f"{PREFIX}/openapi.json"),
        ("POST", f"{PREFIX}/session"),
        ("POST", f"{PREFIX}/session/refresh"),
    }
)
_ROUTERS: Final = (
    health.router,
    session.router,
    accounts.router,
    files.router,
    keys.router,
    webhook.router,
    portfolio.router,
    valuations.router,
    positions.router,
    reference.router,
    orders.router,
    halts.router,
    actions.router,
    rules.router,
    ledger.router,
    ledger_proof.router,
    inbox.router,
    reconciliation.router,
    transfers.router,
    candles.router,
    candle_coverage.router,
    datafeed.router,
    market_proxy.router,
    market_quality.router,
    charts.router,
    chart_points.router,
    indicators.router,
    alerts.router,
    alert_channels.router,
    signals.router,
    balancer.router,
)


def _make() -> APIGatewayRestResolver:
    resolver = APIGatewayRestResolver(
        enable_validation=True,
        debug=False,
        serializer=dump,
        json_body_deserializer=parse_object,
        response_validation_error_http_code=500,
    )
    for router in _ROUTERS:
        resolver.include_router(router, prefix=PREFIX)
    openapi.serve_at(resolver, f"{PREFIX}/openapi.json", PUBLIC)
    refusals.register(resolver)
    return resolver


_resolver: Final = _make()


def serve(event: dict[str, Any], context: LambdaContext, desk: Desk) -> Reply:
    """Answer one request."""
    return boundary(event, lambda: _admit(event, context, desk))


def _admit(event: dict[str, Any], context: LambdaContext, desk: Desk) -> Reply:
    """Answer it, if it comes from our page, fits, and shows a valid token where one is needed."""
    require_own_origin(event, desk.allowed_origin)
    body_text(event)
    require_json(event)
    event, feed_token = without_token(event)
    put_context(_resolver, desk=desk, invocation=context, caller=None, feed=None)
    if feed_token is not None:
        put_context(_resolver, feed=desk.datafeed.tokens.authenticate(feed_token))
    elif (event["httpMethod"], event["path"].rstrip("/")) not in PUBLIC:
        put_context(_resolver, caller=desk.identity.authenticate(bearer_token(event)))
    return _resolver.resolve(event, context)
