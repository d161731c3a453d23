"""Queries: the reads of the REST API in one request."""

from __future__ import annotations

from typing import cast
from uuid import UUID

import strawberry
from strawberry import Info

from nightdesk.contracts.api.answers import Answers, EntryQuery
from nightdesk.contracts.api.present import user_shape
from nightdesk.contracts.graphql.context import asked
from nightdesk.contracts.graphql.told import Told
from nightdesk.contracts.graphql.types import Account, EntryPage, Portfolio, User, Venue, Verification
from nightdesk.kernel.errors import InvalidInput
from nightdesk.ledger.model import EntryKind
from nightdesk.ledger.service import PAGE_LIMIT


@strawberry.input(description="Which entries are asked for; what is left out is not asked.")
class EntryFilter:
    """Which entries are asked for; `occurred_from` is inclusive, `occurred_until` exclusive."""

    account_id: strawberry.ID | None = None
    asset: str | None = None
    kind: str | None = None
    instrument: str | None = None
    occurred_from: str | None = strawberry.field(name="from", default=None)
    occurred_until: str | None = strawberry.field(name="to", default=None)


def answers_of(info: Info) -> Answers:
    """What answers queries and mutations."""
    answers = asked(info).answers
    if answers is None:
        raise InvalidInput("graphql.wrong_endpoint", "Only subscriptions are served here.")
    return answers


def identified(text: str) -> UUID:
    """The id that the text is.

    Raises:
        InvalidInput: `id.malformed`.
    """
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput("id.malformed", "This is not an id.") from None


def _kind(text: str | None) -> EntryKind | None:
    try:
        return None if text is None else EntryKind(text.lower())
    except ValueError:
        raise InvalidInput("ledger.kind_unknown", "There is no such kind of entry.") from None


def _query(wanted: EntryFilter) -> EntryQuery:
    return EntryQuery(
        account_id=None if wanted.account_id is None else identified(wanted.account_id),
        asset=wanted.asset,
        kind=_kind(wanted.kind),
        instrument=wanted.instrument,
        occurred_from=wanted.occurred_from,
        occurred_until=wanted.occurred_until,
    )


def _me(info: Info) -> User:
    """Who is signed in."""
    return cast("User", user_shape(asked(info).caller))


def _venues(info: Info) -> list[Venue]:
    """Venues that can be connected."""
    return cast("list[Venue]", answers_of(info).venues(asked(info).caller).items)


def _accounts(info: Info) -> list[Account]:
    """Every account, oldest first."""
    return cast("list[Account]", answers_of(info).account_list(asked(info).caller).items)


def _account(info: Info, id: strawberry.ID) -> Account:  # noqa: A002 the argument's name in the schema
    """One account."""
    return cast("Account", answers_of(info).account(asked(info).caller, identified(id)))


def _portfolio(info: Info) -> Portfolio:
    """Holdings at the last known prices."""
    return cast("Portfolio", answers_of(info).portfolio_view(asked(info).caller))


def _ledger(
    info: Info,
    filter: EntryFilter | None = None,  # noqa: A002 the argument's name in the schema
    after: str | None = None,
    first: int = PAGE_LIMIT,
) -> EntryPage:
    """A page of the ledger; `after` is the `nextCursor` of the page before."""
    query = _query(filter or EntryFilter())
    return cast("EntryPage", answers_of(info).entries(asked(info).caller, query, cursor=after, limit=first))


def _verify_ledger(info: Info, account_id: strawberry.ID | None = None) -> Verification:
    """Every hash of one account's chain, or of all."""
    account = None if account_id is None else identified(account_id)
    return cast("Verification", answers_of(info).verification(asked(info).caller, account))


@strawberry.type(description="What can be read.")
class Query:
    """What can be read."""

    me: User = strawberry.field(resolver=_me, description="Who is signed in.", extensions=[Told()])
    venues: list[Venue] = strawberry.field(
        resolver=_venues, description="Venues that can be connected.", extensions=[Told()]
    )
    accounts: list[Account] = strawberry.field(
        resolver=_accounts, description="Every account, oldest first.", extensions=[Told()]
    )
    account: Account = strawberry.field(resolver=_account, description="One account.", extensions=[Told()])
    portfolio: Portfolio = strawberry.field(
        resolver=_portfolio, description="Holdings at the last known prices.", extensions=[Told()]
    )
    ledger: EntryPage = strawberry.field(
        resolver=_ledger, description="A page of the ledger, newest first.", extensions=[Told()]
    )
    verify_ledger: Verification = strawberry.field(
        resolver=_verify_ledger, description="Checks that nothing in the ledger was altered.", extensions=[Told()]
    )
