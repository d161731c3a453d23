"""What people are told of a firing's actions, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Template
from typing import Final

from nightdesk.alerts.model import Alert, Category, ChannelId, Hops, Severity
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.markets.orders import Side
from nightdesk.rules.action_ports import ActionsDue
from nightdesk.rules.action_runs import ActionRun, Intent, IntentState, RunState
from nightdesk.rules.actions import FailurePolicy, Notify, is_dangerous, kind_of

_TITLES: Final = {
    RunState.DONE: "{action} done",
    RunState.FAILED: "{action} FAILED",
    RunState.HALTED: "{action} stopped by the kill switch",
}
_THEN: Final = {
    FailurePolicy.STOP: "The steps after it are left out.",
    FailurePolicy.CONTINUE: "The next step follows.",
    FailurePolicy.ESCALATE: "The next step follows. Somebody must look.",
}


def notice(due: ActionsDue, run: ActionRun, action: Notify) -> Alert:
    """What a notify action says."""
    return _alert(
        due,
        f"{run.step}",
        severity=action.severity,
        title=due.rule_set,
        text=said(due, run, action.text) or due.reason,
        channels=action.channels,
    )


def said(due: ActionsDue, run: ActionRun, text: str) -> str:
    """The text with its placeholders filled in."""
    known = {
        "rule_set": due.rule_set,
        "fired_at": format_instant(due.fired_at),
        "reason": due.reason,
        "step": str(run.step + 1),
    }
    return Template(text).safe_substitute(known)


def report(due: ActionsDue, run: ActionRun, intents: Sequence[Intent]) -> Alert | None:
    """What is told of a step at its end; nothing of a harmless one that went well, or of one left out."""
    title = _TITLES.get(run.state)
    if title is None or (run.state is RunState.DONE and not is_dangerous(run.action)):
        return None
    parts = [due.reason, outcome(run, intents)]
    if run.state is RunState.FAILED:
        parts.append(_THEN[due.policy])
    return _alert(
        due,
        f"{run.step}:{run.state.value}",
        severity=severity_of(due, run),
        title=f"{due.rule_set}: {title.format(action=kind_of(run.action).replace('_', ' '))}",
        text="\n".join(parts),
        facts=_facts(run, intents),
    )


def delayed(due: ActionsDue, run: ActionRun, why: str) -> Alert:
    """What is told once when a step can't go on and is tried again."""
    action = kind_of(run.action).replace("_", " ")
    return _alert(
        due,
        f"{run.step}:delayed",
        severity=Severity.CRITICAL if due.policy is FailurePolicy.ESCALATE else Severity.WARNING,
        title=f"{due.rule_set}: {action} is delayed",
        text=f"{why}\nIt is tried again.",
    )


def severity_of(due: ActionsDue, run: ActionRun) -> Severity:
    """How loud the report of a step is."""
    match run.state, due.policy:
        case RunState.DONE, _:
            return Severity.INFO
        case RunState.FAILED, FailurePolicy.CONTINUE | FailurePolicy.STOP:
            return Severity.WARNING
        case _:
            return Severity.CRITICAL


def outcome(run: ActionRun, intents: Sequence[Intent]) -> str:
    """One or a few lines: what was traded, what was left, what stood in the way."""
    lines = [line for line in map(_line, intents) if line]
    lines += [f"Left: {format_amount(each.quantity)} {each.asset} ({each.why.value})" for each in run.residue]
    if run.message:
        lines.append(run.message)
    return "\n".join(lines) or run.code or "Done."


def _line(intent: Intent) -> str | None:
    wanted = intent.wanted
    if wanted is None or not intent.filled:
        return None
    verb = "Sold" if wanted.side is Side.SELL else "Bought"
    amount, price = format_amount(intent.filled), format_amount(intent.filled_quote)
    return f"{verb} {amount} {wanted.instrument.base} for {price} {wanted.instrument.quote}"


def _facts(run: ActionRun, intents: Sequence[Intent]) -> Mapping[str, str]:
    counts = {state: sum(1 for intent in intents if intent.state is state) for state in IntentState}
    facts = {state.value: str(count) for state, count in counts.items() if count}
    return facts | ({"code": run.code} if run.code else {})


def _alert(
    due: ActionsDue,
    name: str,
    *,
    severity: Severity,
    title: str,
    text: str,
    channels: tuple[ChannelId, ...] = (),
    facts: Mapping[str, str] | None = None,
) -> Alert:
    return Alert(
        tenant_id=due.tenant_id,
        key=f"firing:{due.firing_id}:{name}",
        category=Category.RULE,
        severity=severity,
        title=title,
        text=text,
        facts=facts or {},
        link=f"/rules/{due.rule_set_id}/firings/{due.firing_id}",
        hops=Hops(venue_at=due.seen_at, evaluated_at=due.fired_at),
        channels=channels,
        correlation_id=due.correlation_id,
    )
