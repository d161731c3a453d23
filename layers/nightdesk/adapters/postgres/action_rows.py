"""Rows of firings, runs and intents, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from nightdesk.execution.liquidation import Left, Residue
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.money import format_amount, parse_amount
from nightdesk.markets.orders import OrderType, Side
from nightdesk.orders.model import OrderId
from nightdesk.rules.action_codec import action_from
from nightdesk.rules.action_ports import ActionsDue, FiringId, RuleSetId
from nightdesk.rules.action_runs import ActionRun, FiringRuns, Intent, IntentKind, IntentState, RunState, Wanted
from nightdesk.rules.actions import FailurePolicy

FIRING: Final = """
    tenant_id, firing_id, portfolio_id, rule_set_id, rule_set_version, rule_set, reason, policy, correlation_id,
    fired_at, seen_at, attempts, created_at, taken_at, finished_at
"""
RUN: Final = "step, action, state, code, message, residue, started_at, finished_at"
INTENT: Final = """
    intent_key, step, round, kind, account_id, instrument, side, type, quantity, price, reduce_only, order_id, state,
    code, message, filled, filled_quote, recorded_at, settled_at
"""


def firing_of(row: Sequence[Any], runs: Sequence[ActionRun], intents: Sequence[Intent]) -> FiringRuns:
    """The firing of a row and what belongs to it."""
    due = ActionsDue(
        tenant_id=TenantId(row[0]),
        firing_id=FiringId(row[1]),
        portfolio_id=TenantId(row[2]),
        rule_set_id=RuleSetId(row[3]),
        rule_set_version=row[4],
        rule_set=row[5],
        reason=row[6],
        policy=FailurePolicy(row[7]),
        correlation_id=CorrelationId(row[8]),
        fired_at=row[9],
        seen_at=row[10],
        actions=tuple(run.action for run in runs),
    )
    return FiringRuns(
        due=due,
        attempts=row[11],
        created_at=row[12],
        taken_at=row[13],
        finished_at=row[14],
        runs=tuple(runs),
        intents=tuple(intents),
    )


def run_of(row: Sequence[Any]) -> ActionRun:
    """The step of a row."""
    step, action, state, code, message, residue, started_at, finished_at = row
    return ActionRun(
        step=step,
        action=action_from(action),
        state=RunState(state),
        code=code,
        message=message,
        residue=tuple(map(_residue, residue)),
        started_at=started_at,
        finished_at=finished_at,
    )


def intent_of(row: Sequence[Any]) -> Intent:
    """The intent of a row."""
    key, step, round_, kind, *wanted, order_id, state, code, message, filled, filled_quote, recorded_at, settled = row
    return Intent(
        key=key,
        step=step,
        round=round_,
        kind=IntentKind(kind),
        wanted=_wanted(wanted),
        order_id=None if order_id is None else OrderId(order_id),
        state=IntentState(state),
        code=code,
        message=message,
        filled=filled,
        filled_quote=filled_quote,
        recorded_at=recorded_at,
        settled_at=settled,
    )


def row_of(intent: Intent) -> tuple[object, ...]:
    """The intent in the order of `INTENT`."""
    return (
        intent.key,
        intent.step,
        intent.round,
        intent.kind.value,
        *_columns(intent.wanted),
        intent.order_id,
        intent.state.value,
        intent.code,
        intent.message,
        intent.filled,
        intent.filled_quote,
        intent.recorded_at,
        intent.settled_at,
    )


def residue_json(residue: Sequence[Residue]) -> list[dict[str, str]]:
    """What was left, as JSON."""
    return [
        {
            "account_id": str(each.account_id),
            "asset": each.asset,
            "quantity": format_amount(each.quantity),
            "why": each.why.value,
        }
        for each in residue
    ]


def _residue(shape: Mapping[str, str]) -> Residue:
    return Residue(
        account_id=AccountId(UUID(shape["account_id"])),
        asset=AssetId(shape["asset"]),
        quantity=parse_amount(shape["quantity"]),
        why=Left(shape["why"]),
    )


def _wanted(columns: Sequence[Any]) -> Wanted | None:
    account_id, instrument, side, kind, quantity, price, reduce_only = columns
    if instrument is None:
        return None
    return Wanted(
        account_id=AccountId(account_id),
        instrument=parse_instrument(instrument),
        side=Side(side),
        type=OrderType(kind),
        quantity=quantity,
        price=price,
        reduce_only=reduce_only,
    )


def _columns(wanted: Wanted | None) -> tuple[object, ...]:
    if wanted is None:
        return (None,) * 7
    return (
        wanted.account_id,
        str(wanted.instrument),
        wanted.side.value,
        wanted.type.value,
        wanted.quantity,
        wanted.price,
        wanted.reduce_only,
    )
