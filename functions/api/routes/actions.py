"""Actions of rule sets: what they would do now, and what became of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurCorrelation, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.actions import (
    ActionWebhookSecretShape,
    FiringRunsList,
    FiringRunsShape,
    PreviewActions,
    PreviewShape,
)

router = new_router()


@router.post("/actions/preview", summary="What actions would do now", tags=["actions"])
def preview_actions(
    wanted: PreviewActions, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> PreviewShape:
    """With amounts; nothing is done. Dangerous ones have to be confirmed before their rule set goes live."""
    return desk.actions.preview(caller, wanted, correlation_id)


@router.get("/actions/firings", summary="What firings did", tags=["actions"])
def list_firings(
    desk: OurDesk,
    caller: OurCaller,
    rule_set_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> FiringRunsList:
    """Newest first, each with its steps."""
    return desk.actions.page(caller, rule_set_id, limit)


@router.get("/actions/firings/<firing_id>", summary="What one firing did", tags=["actions"])
def get_firing(firing_id: UUID, desk: OurDesk, caller: OurCaller) -> FiringRunsShape:
    """The whole chain: what the rules saw, each step's intents, their orders, and the fills in the ledger."""
    return desk.actions.firing(caller, firing_id)


@router.get("/actions/webhook-secret", summary="The secret of the webhook action", tags=["actions"])
def get_webhook_secret(desk: OurDesk, caller: OurCaller) -> ActionWebhookSecretShape:
    """Receivers verify the signature of what the webhook action posts with it."""
    return desk.actions.secret(caller)
