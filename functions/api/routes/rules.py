"""Rule sets: made, edited as versions, armed, and what came of them."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurCorrelation, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.rules import (
    AskConfirmation,
    AuditList,
    CheckedShape,
    ConfirmationShape,
    DefinitionShape,
    EditRuleSet,
    FiringList,
    FiringShape,
    JudgedList,
    RememberedList,
    RuleSetList,
    RuleSetShape,
    SetMode,
    VersionList,
    WriteRuleSet,
)
from nightdesk.kernel.instants import parse_instant

Limit = Annotated[int, Query(ge=1, le=200)]
Before = Annotated[str | None, Query(max_length=40, examples=["2026-03-01T12:00:00Z"])]

router = new_router()


@router.get("/rule-sets", summary="Every rule set", tags=["rules"])
def list_rule_sets(desk: OurDesk, caller: OurCaller) -> RuleSetList:
    """Oldest first, each in its newest version."""
    return desk.rules.list(caller)


@router.post("/rule-sets", summary="Make a rule set", tags=["rules"], status_code=HTTPStatus.CREATED)
def create_rule_set(
    wanted: WriteRuleSet, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> RuleSetShape:
    """A draft: nothing is watched before a mode says so. Every error names its place: `rules.0.condition.left: …`."""
    return desk.rules.create(caller, wanted, correlation_id)


@router.post("/rule-sets/check", summary="Try a definition without keeping it", tags=["rules"])
def check_definition(
    wanted: DefinitionShape, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> CheckedShape:
    """In its canonical form, with formulas written out."""
    return desk.rules.check(caller, wanted, correlation_id)


@router.get("/rule-sets/states", summary="What watched rule sets remember", tags=["rules"])
def list_states(desk: OurDesk, caller: OurCaller) -> RememberedList:
    """Where trailing stops stand, as it was last kept; live ones come over the subscription `ruleSetStates`."""
    return desk.rules.remembered(caller)


@router.get("/rule-sets/firings", summary="Firings of all rule sets", tags=["rules"])
def list_all_firings(desk: OurDesk, caller: OurCaller, before: Before = None, limit: Limit = 50) -> FiringList:
    """Newest first, each with every figure that was read."""
    return desk.rules.firings(caller, None, _instant(before), limit)


@router.get("/rule-sets/firings/<firing_id>", summary="One firing", tags=["rules"])
def get_rule_firing(firing_id: UUID, desk: OurDesk, caller: OurCaller) -> FiringShape:
    """What was seen when it fired; what it did is under `/actions/firings`."""
    return desk.rules.firing(caller, firing_id)


@router.get("/rule-sets/<rule_set_id>", summary="One rule set", tags=["rules"])
def get_rule_set(rule_set_id: UUID, desk: OurDesk, caller: OurCaller) -> RuleSetShape:
    """In its newest version."""
    return desk.rules.get(caller, rule_set_id)


@router.put("/rule-sets/<rule_set_id>", summary="Edit a rule set", tags=["rules"])
def edit_rule_set(
    rule_set_id: UUID, wanted: EditRuleSet, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> RuleSetShape:
    """Make the next version; one that was watched is paused until somebody arms the new one."""
    return desk.rules.edit(caller, rule_set_id, wanted, correlation_id)


@router.delete(
    "/rule-sets/<rule_set_id>", summary="Remove a rule set", tags=["rules"], status_code=HTTPStatus.NO_CONTENT
)
def remove_rule_set(
    rule_set_id: UUID, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> Response[None]:
    """It is watched no longer; its history stays."""
    desk.rules.remove(caller, rule_set_id, correlation_id)
    return Response(HTTPStatus.NO_CONTENT)


@router.post("/rule-sets/<rule_set_id>/confirmation", summary="Consent to its actions", tags=["rules"])
def confirm_actions(
    rule_set_id: UUID, wanted: AskConfirmation, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> ConfirmationShape:
    """A token for `mode: live`, after `/actions/preview` showed what they would do now; it serves once."""
    return desk.rules.confirm(caller, rule_set_id, wanted, correlation_id)


@router.post("/rule-sets/<rule_set_id>/mode", summary="Draft, run in shadow, go live, pause", tags=["rules"])
def set_mode(
    rule_set_id: UUID, wanted: SetMode, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> RuleSetShape:
    """Dangerous actions go live after some days in shadow and with a confirmation; arming begins anew."""
    return desk.rules.set_mode(caller, rule_set_id, wanted, correlation_id)


@router.get("/rule-sets/<rule_set_id>/versions", summary="Every version", tags=["rules"])
def list_versions(rule_set_id: UUID, desk: OurDesk, caller: OurCaller) -> VersionList:
    """Newest first, with who made it."""
    return desk.rules.versions(caller, rule_set_id)


@router.get("/rule-sets/<rule_set_id>/audit", summary="Who did what", tags=["rules"])
def list_audit(rule_set_id: UUID, desk: OurDesk, caller: OurCaller) -> AuditList:
    """Newest first."""
    return desk.rules.audited(caller, rule_set_id)


@router.get("/rule-sets/<rule_set_id>/firings", summary="Firings of one rule set", tags=["rules"])
def list_firings(
    rule_set_id: UUID, desk: OurDesk, caller: OurCaller, before: Before = None, limit: Limit = 50
) -> FiringList:
    """Newest first, each with every figure that was read."""
    return desk.rules.firings(caller, rule_set_id, _instant(before), limit)


@router.get("/rule-sets/<rule_set_id>/judged", summary="Why it fired or did not", tags=["rules"])
def list_judged(rule_set_id: UUID, desk: OurDesk, caller: OurCaller, limit: Limit = 50) -> JudgedList:
    """Each time at which it fired or came close, with the figures seen."""
    return desk.rules.judged(caller, rule_set_id, limit)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else parse_instant(text)
