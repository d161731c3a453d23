"""What resolvers work with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from strawberry import Info

from nightdesk.contracts.api.accounts import ImportProgressShape
from nightdesk.contracts.api.answers import Answers
from nightdesk.identity.model import Caller
from nightdesk.kernel.ids import CorrelationId


class ImportFeed(Protocol):
    """Imports as they go."""

    def follow(self, caller: Caller, account_id: UUID | None) -> AsyncIterator[ImportProgressShape]:
        """The present state of one import or all of them, then every change as it comes.

        Raises:
            NotFound: `accounts.not_found`.
            Forbidden: `permission.denied`.
        """
        ...


@dataclass(slots=True, kw_only=True)
class Asked:
    """Who asks, and what answers: queries and mutations have answers, subscriptions have a feed.

    A websocket's is made before its caller is known, and no operation runs before then.
    """

    caller: Caller
    correlation_id: CorrelationId
    answers: Answers | None = None
    feed: ImportFeed | None = None


def asked(info: Info) -> Asked:
    """The context of the operation."""
    context: Asked = info.context
    return context
