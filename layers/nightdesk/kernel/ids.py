"""Identities, each a type of its own so that they can't be confused."""

from __future__ import annotations

from collections.abc import Callable
from typing import NewType
from uuid import UUID, uuid5

TenantId = NewType("TenantId", UUID)
UserId = NewType("UserId", UUID)
SessionId = NewType("SessionId", str)
AccountId = NewType("AccountId", UUID)
ImportId = NewType("ImportId", UUID)
EntryId = NewType("EntryId", UUID)
CorrelationId = NewType("CorrelationId", str)

IdFactory = Callable[[], UUID]
"""Makes a new random identity; injected so that tests can count."""

_ENTRY_NAMESPACE = UUID("6f1c7c0e-53a4-4f0f-9d0a-8a4f7f0d7a11")


def entry_id(account_id: AccountId, identity: str) -> EntryId:
    """The entry's id, the same whenever the same event of the same account is recorded again."""
    return EntryId(uuid5(_ENTRY_NAMESPACE, f"{account_id}:{identity}"))
