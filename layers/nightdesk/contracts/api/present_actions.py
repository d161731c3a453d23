"""Turns actions and what became of them into the API's shapes, and the shapes of actions into actions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter

from nightdesk.contracts.api.actions import (
    ActionPreviewShape,
    ActionShape,
    EvidenceShape,
    FiringRunsShape,
    IntentShape,
    ResidueShape,
    RunShape,
    SaleShape,
    WantedShape,
)
from nightdesk.contracts.api.ledger import EntryShape
from nightdesk.contracts.api.orders import OrderDetail
from nightdesk.contracts.api.present import instant
from nightdesk.contracts.api.present_orders import order_shape
from nightdesk.execution.liquidation import Residue, Sale
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import format_amount, parse_amount
from nightdesk.rules.action_codec import action_from, action_json
from nightdesk.rules.action_previewing import ActionPreview
from nightdesk.rules.action_runs import ActionRun, FiringRuns, Intent, Wanted
from nightdesk.rules.actions import Action

_ACTION: Final[TypeAdapter[ActionShape]] = TypeAdapter(ActionShape)

Traced = Callable[[Intent], tuple[OrderDetail | None, list[EntryShape]]]
"""The order of an intent and the entries of its fills."""


def action_of(shape: ActionShape) -> Action:
    """The action that a shape means.

    Raises:
        InvalidInput: `actions.…`: it can't be meant.
    """
    fields = shape.model_dump(mode="json", exclude_none=True)
    if isinstance(fields.get("scope"), dict):
        fields["scope"].pop("kind", None)
    return action_from(fields)


def action_shape(action: Action) -> ActionShape:
    """An action."""
    return _ACTION.validate_json(json.dumps(action_json(action)))


def preview_shape(preview: ActionPreview) -> ActionPreviewShape:
    """What one step would do now."""
    return ActionPreviewShape(
        step=preview.step,
        action=action_shape(preview.action),
        dangerous=preview.dangerous,
        cancels=[order_shape(order) for order in preview.cancels],
        sells=[_sale(sale) for sale in preview.sells.sales],
        residue=[_residue(each) for each in preview.sells.residue],
        order=None if preview.order is None else _wanted(preview.order),
        code=preview.code,
        message=preview.message,
    )


def firing_shape(firing: FiringRuns, traced: Traced, evidence: Mapping[str, Mapping[str, Any]]) -> FiringRunsShape:
    """What a firing did."""
    due = firing.due
    return FiringRunsShape(
        firing_id=due.firing_id,
        rule_set_id=due.rule_set_id,
        rule_set_version=due.rule_set_version,
        rule_set=due.rule_set,
        reason=due.reason,
        policy=due.policy,
        correlation_id=due.correlation_id,
        evidence=[_evidence(text, seen) for text, seen in evidence.items()],
        runs=[_run(run, firing.of(run.step), traced) for run in firing.runs],
        seen_at=instant(due.seen_at),
        fired_at=format_instant(due.fired_at),
        created_at=format_instant(firing.created_at),
        taken_at=instant(firing.taken_at),
        finished_at=instant(firing.finished_at),
    )


def _run(run: ActionRun, intents: Sequence[Intent], traced: Traced) -> RunShape:
    return RunShape(
        step=run.step,
        action=action_shape(run.action),
        state=run.state,
        code=run.code,
        message=run.message,
        residue=[_residue(each) for each in run.residue],
        intents=[_intent(intent, traced) for intent in intents],
        started_at=instant(run.started_at),
        finished_at=instant(run.finished_at),
    )


def _intent(intent: Intent, traced: Traced) -> IntentShape:
    order, fills = traced(intent)
    return IntentShape(
        key=intent.key,
        round=intent.round,
        kind=intent.kind,
        state=intent.state,
        code=intent.code,
        message=intent.message,
        wanted=None if intent.wanted is None else _wanted(intent.wanted),
        filled=format_amount(intent.filled),
        filled_quote=format_amount(intent.filled_quote),
        order=order,
        fills=fills,
        recorded_at=format_instant(intent.recorded_at),
        settled_at=instant(intent.settled_at),
    )


def _wanted(wanted: Wanted) -> WantedShape:
    return WantedShape(
        account_id=wanted.account_id,
        instrument=str(wanted.instrument),
        side=wanted.side,
        type=wanted.type,
        quantity=format_amount(wanted.quantity),
        price=None if wanted.price is None else format_amount(wanted.price),
        reduce_only=wanted.reduce_only,
    )


def _sale(sale: Sale) -> SaleShape:
    return SaleShape(
        account_id=sale.account_id,
        instrument=str(sale.instrument),
        quantity=format_amount(sale.quantity),
        brings=format_amount(sale.brings),
    )


def _residue(residue: Residue) -> ResidueShape:
    return ResidueShape(
        account_id=residue.account_id,
        asset=residue.asset,
        quantity=format_amount(residue.quantity),
        why=residue.why,
    )


def _evidence(text: str, seen: Mapping[str, Any]) -> EvidenceShape:
    value, at = seen["value"], seen["at"]
    return EvidenceShape(
        text=text,
        value=None if value is None else format_amount(parse_amount(value)),
        source=seen["source"],
        at=None if at is None else format_instant(parse_instant(at)),
    )
