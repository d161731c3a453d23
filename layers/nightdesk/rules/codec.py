"""Rule sets and their conditions as JSON and back: what is stored, and what the API speaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import time, timedelta
from typing import Any, Final

from nightdesk.kernel.money import format_amount, parse_amount
from nightdesk.rules.action_codec import action_from, action_json, scope_from, scope_json
from nightdesk.rules.actions import FailurePolicy
from nightdesk.rules.model import (
    ActiveHours,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Cross,
    Direction,
    Held,
    Not,
    Operand,
    PercentChange,
    Relation,
    Rule,
    RuleSet,
    Schedule,
    TrailingStop,
)

Json = dict[str, Any]
SECOND: Final = timedelta(seconds=1)
_SCHEDULED: Final = ("minutes", "hours", "days", "months", "weekdays")


def definition_json(rule_set: RuleSet) -> Json:
    """What of a rule set makes a version, besides its name: rules, actions, and how often it may fire."""
    return {
        "rules": [{"name": rule.name, "condition": condition_json(rule.condition)} for rule in rule_set.rules],
        "actions": [action_json(action) for action in rule_set.actions],
        "repeating": rule_set.repeating,
        "cooldown_s": rule_set.cooldown // SECOND,
        "active_hours": _hours_json(rule_set.active_hours),
        "policy": rule_set.policy.value,
    }


def definition_from(shape: Mapping[str, Any]) -> Json:
    """The fields of a `RuleSet` that a definition means.

    Raises:
        InvalidInput: An action can't be meant.
    """
    return {
        "rules": tuple(Rule(rule["name"], condition_from(rule["condition"])) for rule in shape["rules"]),
        "actions": tuple(map(action_from, shape["actions"])),
        "repeating": shape["repeating"],
        "cooldown": shape["cooldown_s"] * SECOND,
        "active_hours": _hours_from(shape["active_hours"]),
        "policy": FailurePolicy(shape["policy"]),
    }


def condition_json(condition: Condition) -> Json:
    """The condition as a JSON object: `kind` and its parts, amounts as decimal texts, spans in seconds."""
    match condition:
        case AllOf(inner):
            return {"kind": "all", "conditions": list(map(condition_json, inner))}
        case AnyOf(inner):
            return {"kind": "any", "conditions": list(map(condition_json, inner))}
        case Not(held):
            return {"kind": "not", "condition": condition_json(held)}
        case Held(held, lasting):
            return {"kind": "held", "condition": condition_json(held), "lasting_s": lasting // SECOND}
        case _:
            return _leaf_json(condition)


def condition_from(shape: Mapping[str, Any]) -> Condition:
    """The condition that a JSON object of this form means."""
    return _READ[shape["kind"]](shape)


def _leaf_json(condition: Compare | Cross | PercentChange | Schedule | TrailingStop) -> Json:
    match condition:
        case Compare(left, relation, right):
            return {"kind": "compare", "left": left, "relation": relation.value, "right": right}
        case Cross(left, direction, right):
            return {"kind": "cross", "left": left, "direction": direction.value, "right": right}
        case PercentChange(operand, window, relation, ratio):
            told = {"operand": operand, "window_s": window // SECOND, "relation": relation.value}
            return {"kind": "change", **told, "ratio": format_amount(ratio)}
        case Schedule():
            parts = {name: sorted(getattr(condition, name)) for name in _SCHEDULED}
            return {"kind": "schedule", **parts, "zone": condition.zone}
        case _:
            return _stop_json(condition)


def _stop_json(stop: TrailingStop) -> Json:
    return {
        "kind": "trailing_stop",
        "scope": scope_json(stop.scope),
        "bot_id": stop.bot_id,
        "arm_ratio": format_amount(stop.arm_ratio),
        "trail_ratio": format_amount(stop.trail_ratio),
    }


def _stop_from(shape: Mapping[str, Any]) -> TrailingStop:
    return TrailingStop(
        scope=scope_from(shape["scope"]),
        bot_id=shape["bot_id"],
        arm_ratio=parse_amount(shape["arm_ratio"]),
        trail_ratio=parse_amount(shape["trail_ratio"]),
    )


def _schedule_from(shape: Mapping[str, Any]) -> Schedule:
    return Schedule(**{name: frozenset(shape[name]) for name in _SCHEDULED}, zone=shape["zone"])


def _inner(shapes: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    return tuple(map(condition_from, shapes))


def _change_from(shape: Mapping[str, Any]) -> PercentChange:
    window, relation = shape["window_s"] * SECOND, Relation(shape["relation"])
    return PercentChange(Operand(shape["operand"]), window, relation, parse_amount(shape["ratio"]))


_READ: Final[Mapping[str, Callable[[Mapping[str, Any]], Condition]]] = {
    "all": lambda shape: AllOf(_inner(shape["conditions"])),
    "any": lambda shape: AnyOf(_inner(shape["conditions"])),
    "not": lambda shape: Not(condition_from(shape["condition"])),
    "held": lambda shape: Held(condition_from(shape["condition"]), shape["lasting_s"] * SECOND),
    "compare": lambda shape: Compare(Operand(shape["left"]), Relation(shape["relation"]), Operand(shape["right"])),
    "cross": lambda shape: Cross(Operand(shape["left"]), Direction(shape["direction"]), Operand(shape["right"])),
    "change": _change_from,
    "schedule": _schedule_from,
    "trailing_stop": _stop_from,
}


def _hours_json(hours: ActiveHours | None) -> Json | None:
    if hours is None:
        return None
    begin, end = hours.begin.isoformat("minutes"), hours.end.isoformat("minutes")
    return {"begin": begin, "end": end, "zone": hours.zone, "weekdays": sorted(hours.weekdays)}


def _hours_from(shape: Mapping[str, Any] | None) -> ActiveHours | None:
    if shape is None:
        return None
    begin, end = time.fromisoformat(shape["begin"]), time.fromisoformat(shape["end"])
    return ActiveHours(begin=begin, end=end, zone=shape["zone"], weekdays=frozenset(shape["weekdays"]))
