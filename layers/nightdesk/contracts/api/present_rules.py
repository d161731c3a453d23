"""Rule sets in the shapes of the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from nightdesk.contracts.api.rules import (
    AuditShape,
    CheckedShape,
    DefinitionShape,
    FiringShape,
    JudgedShape,
    RememberedShape,
    RuleSetShape,
    RuleTruth,
    SeenShape,
    TrailShape,
    VersionShape,
)
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.rules.actions import any_dangerous
from nightdesk.rules.codec import definition_json
from nightdesk.rules.desk_ports import AuditEntry, Judged, Remembered, RuleSetRow
from nightdesk.rules.firing import Firing
from nightdesk.rules.model import RuleSet, RuleSetVersion, TrailingStop, nodes
from nightdesk.rules.reading import Seen
from nightdesk.rules.state import RuleSetState, Trail


def rule_set_shape(row: RuleSetRow, live_from: datetime | None) -> RuleSetShape:
    """A rule set."""
    rule_set, stored = row.rule_set, row.stored
    return RuleSetShape(
        rule_set_id=rule_set.rule_set_id,
        name=rule_set.name,
        version=rule_set.version,
        mode=rule_set.mode,
        definition=definition_shape(rule_set),
        is_dangerous=any_dangerous(rule_set.actions),
        done=stored.firings > 0 and not rule_set.repeating,
        firings=stored.firings,
        firings_ever=stored.firings_ever,
        last_fired_at=_instant(stored.last_fired_at),
        armed_at=_instant(stored.armed_at),
        shadow_since=_instant(row.shadow_since),
        live_from=_instant(live_from),
        created_at=format_instant(row.created_at),
    )


def definition_shape(rule_set: RuleSet) -> DefinitionShape:
    """What of a rule set makes a version."""
    return DefinitionShape.model_validate(definition_json(rule_set))


def checked_shape(rule_set: RuleSet) -> CheckedShape:
    """A definition in its canonical form."""
    return CheckedShape(definition=definition_shape(rule_set), is_dangerous=any_dangerous(rule_set.actions))


def version_shape(version: RuleSetVersion) -> VersionShape:
    """A version."""
    rule_set = version.rule_set
    return VersionShape(
        version=rule_set.version,
        name=rule_set.name,
        definition=definition_shape(rule_set),
        edited_by=version.edited_by,
        edited_at=format_instant(version.edited_at),
    )


def audit_shape(entry: AuditEntry) -> AuditShape:
    """Who did what."""
    return AuditShape(
        version=entry.version,
        user_id=entry.user_id,
        what=entry.what,
        at=format_instant(entry.at),
        correlation_id=entry.correlation_id,
    )


def firing_shape(firing: Firing) -> FiringShape:
    """A firing with every figure that was read."""
    return FiringShape(
        firing_id=firing.firing_id,
        rule_set_id=firing.rule_set_id,
        version=firing.version,
        mode=firing.mode,
        number=firing.number,
        instant=format_instant(firing.instant),
        fired_at=format_instant(firing.fired_at),
        reason=firing.reason,
        evidence=seen_shapes(firing.evidence),
        correlation_id=firing.correlation_id,
    )


def judged_shape(judged: Judged) -> JudgedShape:
    """A candidate and what came of it."""
    candidate, verdict = judged.candidate, judged.verdict
    return JudgedShape(
        instant=format_instant(candidate.instant),
        version=candidate.version,
        told_at=format_instant(candidate.told_at),
        judged_at=None if verdict is None else format_instant(verdict.judged_at),
        outcome=None if verdict is None else verdict.outcome,
        rules=[] if verdict is None else [RuleTruth(name=name, truth=truth) for name, truth in verdict.truths.items()],
        seen=[] if verdict is None else seen_shapes(verdict.seen),
    )


def seen_shapes(seen: Mapping[str, Seen]) -> list[SeenShape]:
    """Figures as they were read."""
    return [
        SeenShape(
            text=text,
            value=None if each.value is None else format_amount(each.value),
            source=each.source,
            at=_instant(each.at),
        )
        for text, each in seen.items()
    ]


def remembered_shape(rule_set: RuleSet, remembered: Remembered) -> RememberedShape:
    """What a rule set remembers."""
    return RememberedShape(
        rule_set_id=rule_set.rule_set_id,
        as_of=format_instant(remembered.as_of),
        released=remembered.state.released,
        trails=trail_shapes(rule_set, remembered.state),
    )


def trail_shapes(rule_set: RuleSet, state: RuleSetState) -> list[TrailShape]:
    """Where the rule set's trailing stops stand, those that have begun."""
    rules = [(rule.name, node) for rule in rule_set.rules for node in nodes(rule.condition)]
    found = ((name, node, state.nodes.get(number)) for number, (name, node) in enumerate(rules, 1))
    return [
        _trail_shape(name, node, trail)
        for name, node, trail in found
        if isinstance(node, TrailingStop) and isinstance(trail, Trail)
    ]


def _trail_shape(rule: str, stop: TrailingStop, trail: Trail) -> TrailShape:
    return TrailShape(
        rule=rule,
        started_at=format_instant(trail.started_at),
        reference=format_amount(trail.reference),
        arm_at=format_amount(trail.arm_at(stop)),
        armed_at=_instant(trail.armed_at),
        best=format_amount(trail.best),
        best_at=format_instant(trail.best_at),
        sell_at=format_amount(trail.sell_at(stop)),
    )


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
