"""What a test of a key found, as JSON; the venue's own name for the account is left out of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nightdesk.accounts.keys import KeyTest, Probe, Right, Verdict
from nightdesk.accounts.model import KeyPermissions
from nightdesk.kernel.instants import format_instant, parse_instant


def permissions_document(permissions: KeyPermissions) -> dict[str, Any]:
    """Permissions as they stand in the account's row."""
    return {**asdict(permissions), "checked_at": format_instant(permissions.checked_at)}


def permissions_of(document: dict[str, Any]) -> KeyPermissions:
    """The permissions that a row holds."""
    return KeyPermissions(**{**document, "checked_at": parse_instant(document["checked_at"])})


def test_document(test: KeyTest) -> dict[str, Any]:
    """A test as it is kept."""
    return {
        "permissions": permissions_document(test.permissions),
        "probes": [asdict(probe) for probe in test.probes],
        "addresses": list(test.addresses),
        "tested_at": format_instant(test.tested_at),
    }


def test_of(document: dict[str, Any] | None) -> KeyTest | None:
    """The test that was kept."""
    if document is None:
        return None
    return KeyTest(
        permissions=permissions_of(document["permissions"]),
        probes=tuple(
            Probe(right=Right(each["right"]), verdict=Verdict(each["verdict"]), asked=each["asked"], code=each["code"])
            for each in document["probes"]
        ),
        addresses=tuple(document["addresses"]),
        tested_at=parse_instant(document["tested_at"]),
    )
