"""Subscriptions: what is pushed as it happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import strawberry
from strawberry import Info

from nightdesk.contracts.graphql.context import asked
from nightdesk.contracts.graphql.queries import identified
from nightdesk.contracts.graphql.told import told
from nightdesk.contracts.graphql.types import ImportProgress
from nightdesk.kernel.errors import InvalidInput


async def _follow(info: Info, account_id: str | None) -> AsyncIterator[ImportProgress]:
    context = asked(info)
    if context.feed is None:
        raise InvalidInput("graphql.wrong_endpoint", "Subscriptions are not served here.")
    account = None if account_id is None else identified(account_id)
    async for progress in context.feed.follow(context.caller, account):
        yield cast("ImportProgress", progress)


async def _import_progress(info: Info, account_id: strawberry.ID | None = None) -> AsyncIterator[ImportProgress]:
    """One account's import, or those of all accounts."""
    async for progress in told(_follow(info, account_id)):
        yield progress


@strawberry.type(description="What is pushed as it happens.")
class Subscription:
    """What is pushed as it happens."""

    import_progress: AsyncIterator[ImportProgress] = strawberry.subscription(
        resolver=_import_progress, description="Imports as they go: the present state, then every change."
    )
