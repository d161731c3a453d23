"""Permission rules in CASL's JSON form, evaluated as CASL evaluates them.

Later rules win over earlier ones; `manage` is every action and `all` every subject. A rule with conditions asked
about a subject's type alone (no fields) answers "may do it to some of them": a permitting rule holds, an inverted
one doesn't. The web app reads the same rules with CASL itself; `tests/golden/permissions.json` holds both to one
answer.

Source: CASL's guide, "Ability logic" and "Conditions in depth", https://casl.js.org/v6/en/guide/intro (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from nightdesk.kernel.errors import Forbidden, InvalidInput

ANY_ACTION: Final = "manage"
ANY_SUBJECT: Final = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    Attributes:
        conditions: Fields of the subject that must equal these values; empty means every one.
        inverted: The rule forbids.
    """

    actions: tuple[str, ...]
    subjects: tuple[str, ...]
    conditions: Mapping[str, object] = field(default_factory=dict)
    inverted: bool = False

    def as_casl(self) -> dict[str, object]:
        """The rule as CASL's raw rule, for the browser."""
        raw: dict[str, object] = {"action": _one_or_many(self.actions), "subject": _one_or_many(self.subjects)}
        if self.conditions:
            raw["conditions"] = dict(self.conditions)
        if self.inverted:
            raw["inverted"] = True
        return raw


def parse_rules(raw_rules: Iterable[Mapping[str, object]]) -> tuple[Rule, ...]:
    """The rules that CASL's raw JSON means.

    Raises:
        InvalidInput: A rule has another form, or a condition asks more than equality.
    """
    return tuple(_parse_rule(raw) for raw in raw_rules)


def may(rules: Sequence[Rule], action: str, subject: str, fields: Mapping[str, object] | None = None) -> bool:
    """Whether the rules permit the action on the subject (on one with these fields, if given)."""
    for rule in reversed(rules):
        if _matches(rule, action, subject, fields):
            return not rule.inverted
    return False


def require(rules: Sequence[Rule], action: str, subject: str, fields: Mapping[str, object] | None = None) -> None:
    """Pass if the rules permit the action.

    Raises:
        Forbidden: `permission.denied`.
    """
    if not may(rules, action, subject, fields):
        raise Forbidden("permission.denied", f"Your role may not {action} this {subject.lower()}.")


_TRADER_SUBJECTS = ("Account", "Import")
_OWN_CHARTS = Rule(actions=("update", "delete"), subjects=("Chart",))
_RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "owner": (Rule(actions=("manage",), subjects=("all",)),),
    "trader": (
        Rule(actions=("read",), subjects=("all",)),
        Rule(actions=("create", "refresh"), subjects=_TRADER_SUBJECTS),
        Rule(actions=("create", "delete"), subjects=("Order",)),
        Rule(actions=("create",), subjects=("Halt",)),
        Rule(actions=("update", "delete"), subjects=("Formula",)),
        Rule(actions=("create", "update", "delete"), subjects=("RuleSet",)),
        Rule(actions=("update",), subjects=("Profile",)),
        _OWN_CHARTS,
        Rule(actions=("create", "delete"), subjects=("ChartShare",)),
        Rule(actions=("read",), subjects=("User",), inverted=True),
    ),
    "viewer": (
        Rule(actions=("read",), subjects=("all",)),
        Rule(actions=("update",), subjects=("Profile",)),
        _OWN_CHARTS,
        Rule(actions=("read",), subjects=("User",), inverted=True),
    ),
}


def rules_of_role(role: str) -> tuple[Rule, ...]:
    """The rules of a role; a role nobody knows may do nothing.

    Subjects: Profile (one's own), User, Account, Import, Portfolio, Ledger, Formula, Order, Halt (delete: release),
    Limit, RuleSet, Chart (one's own), ChartShare. Actions: create, read, update, delete, refresh.
    """
    return _RULES.get(role, ())


def _matches(rule: Rule, action: str, subject: str, fields: Mapping[str, object] | None) -> bool:
    if ANY_ACTION not in rule.actions and action not in rule.actions:
        return False
    if ANY_SUBJECT not in rule.subjects and subject not in rule.subjects:
        return False
    if not rule.conditions:
        return True
    if fields is None:
        return not rule.inverted
    return all(name in fields and fields[name] == wanted for name, wanted in rule.conditions.items())


def _parse_rule(raw: Mapping[str, object]) -> Rule:
    conditions = raw.get("conditions") or {}
    if not isinstance(conditions, Mapping) or any(isinstance(value, (Mapping, list)) for value in conditions.values()):
        raise InvalidInput("permission.malformed", "A condition compares a field with one value.")
    return Rule(
        actions=_words(raw.get("action")),
        subjects=_words(raw.get("subject")),
        conditions=dict(conditions),
        inverted=raw.get("inverted") is True,
    )


def _words(value: object) -> tuple[str, ...]:
    words = (value,) if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not words or not all(isinstance(word, str) and word for word in words):
        raise InvalidInput("permission.malformed", "A rule names its action and subject.")
    return tuple(words)


def _one_or_many(words: tuple[str, ...]) -> str | list[str]:
    return words[0] if len(words) == 1 else list(words)
