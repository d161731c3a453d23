"""Mutations: the writes of the REST API."""

from __future__ import annotations

from typing import Any, cast

import strawberry
from pydantic import ValidationError
from strawberry import Info

from nightdesk.contracts.api.accounts import ConnectAccount
from nightdesk.contracts.graphql.context import asked
from nightdesk.contracts.graphql.queries import answers_of, identified
from nightdesk.contracts.graphql.told import Told
from nightdesk.contracts.graphql.types import Account, ImportProgress
from nightdesk.kernel.errors import InvalidInput


@strawberry.input(description="A key of the user's at a venue.")
class ConnectAccountInput:
    """A key of the user's at a venue; no text of it shows key or secret."""

    venue: str
    key: str
    secret: str
    label: str

    def __repr__(self) -> str:
        return f"ConnectAccountInput(venue={self.venue!r}, label={self.label!r})"

    def checked(self) -> ConnectAccount:
        """The same, checked as the REST API checks it.

        Raises:
            InvalidInput: `request.invalid`, naming the members and not their values.
        """
        members: dict[str, Any] = {
            "venue": self.venue,
            "key": self.key,
            "secret": self.secret,
            "label": self.label,
        }
        try:
            return ConnectAccount.model_validate(members)
        except ValidationError as error:
            wrong = ", ".join(str(each["loc"][0]) for each in error.errors(include_input=False, include_context=False))
            raise InvalidInput("request.invalid", f"These can't be meant: {wrong}.") from None


def _connect_account(info: Info, input: ConnectAccountInput) -> Account:  # noqa: A002 the schema's name
    """Connect an account."""
    context = asked(info)
    return cast("Account", answers_of(info).connect(context.caller, input.checked(), context.correlation_id))


def _disconnect_account(info: Info, id: strawberry.ID) -> bool:  # noqa: A002 the schema's name
    """Disconnect an account."""
    context = asked(info)
    answers_of(info).disconnect(context.caller, identified(id), context.correlation_id)
    return True


def _start_import(info: Info, account_id: strawberry.ID) -> ImportProgress:
    """Start an import, or answer the one that is open."""
    context = asked(info)
    progress = answers_of(info).start_import(context.caller, identified(account_id), context.correlation_id)
    return cast("ImportProgress", progress)


def _refresh_account(info: Info, account_id: strawberry.ID) -> bool:
    """Refresh an account."""
    context = asked(info)
    answers_of(info).refresh(context.caller, identified(account_id), context.correlation_id)
    return True


@strawberry.type(description="What can be done.")
class Mutation:
    """What can be done."""

    connect_account: Account = strawberry.mutation(
        resolver=_connect_account, description="Checks a key, seals it and queues the import.", extensions=[Told()]
    )
    disconnect_account: bool = strawberry.mutation(
        resolver=_disconnect_account, description="Forgets an account's key; its ledger stays.", extensions=[Told()]
    )
    start_import: ImportProgress = strawberry.mutation(
        resolver=_start_import, description="Queues an import of what is new.", extensions=[Told()]
    )
    refresh_account: bool = strawberry.mutation(
        resolver=_refresh_account, description="Has balances and prices fetched soon.", extensions=[Told()]
    )
