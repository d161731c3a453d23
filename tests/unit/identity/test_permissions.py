import json
from pathlib import Path
from typing import Any

import pytest

from nightdesk.identity.permissions import may, parse_rules, require, rules_of_role
from nightdesk.kernel.errors import Forbidden, InvalidInput

CASES = json.loads((Path(__file__).parents[2] / "golden" / "permissions.json").read_text())


@pytest.mark.parametrize("case", CASES)
def test_decides_as_the_fixtures_say(case: dict[str, Any]) -> None:
    assert may(parse_rules(case["rules"]), case["action"], case["subject"], case.get("fields")) is case["allowed"]


@pytest.mark.parametrize("role", ["owner", "trader", "viewer"])
def test_rules_survive_the_way_to_the_browser(role: str) -> None:
    rules = rules_of_role(role)
    assert parse_rules(rule.as_casl() for rule in rules) == rules


@pytest.mark.parametrize(
    ("role", "action", "subject", "allowed"),
    [
        ("owner", "delete", "Account", True),
        ("trader", "create", "Account", True),
        ("trader", "delete", "Account", False),
        ("trader", "read", "User", False),
        ("trader", "create", "Order", True),
        ("trader", "create", "Halt", True),
        ("trader", "delete", "Halt", False),
        ("trader", "update", "Limit", False),
        ("viewer", "create", "Order", False),
        ("viewer", "read", "Portfolio", True),
        ("viewer", "create", "Account", False),
        ("viewer", "update", "Profile", True),
        ("nobody", "read", "Portfolio", False),
    ],
)
def test_roles(role: str, action: str, subject: str, allowed: bool) -> None:  # noqa: FBT001 - a column of the table
    assert may(rules_of_role(role), action, subject) is allowed


def test_refusal_has_a_code() -> None:
    with pytest.raises(Forbidden) as refusal:
        require(rules_of_role("viewer"), "delete", "Account")
    assert refusal.value.code == "permission.denied"


@pytest.mark.parametrize(
    "raw",
    [
        {"subject": "all"},
        {"action": "read"},
        {"action": "", "subject": "all"},
        {"action": [], "subject": "all"},
        {"action": [1], "subject": "all"},
        {"action": "read", "subject": "Account", "conditions": {"rows": {"$gt": 3}}},
        {"action": "read", "subject": "Account", "conditions": ["venue"]},
    ],
)
def test_refuses_rules_it_could_get_wrong(raw: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        parse_rules([raw])
