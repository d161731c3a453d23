"""Powertools' router, typed."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import Router


def new_router() -> Router:
    """A router without routes."""
    return Router()  # type: ignore[no-untyped-call]


def put_context(resolver: APIGatewayRestResolver, **members: object) -> None:
    """Hand the members to what the next request's routes depend on."""
    resolver.append_context(**members)  # type: ignore[no-untyped-call]
