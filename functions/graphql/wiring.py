"""What the function is made of."""

from __future__ import annotations

from functools import cache

from functions.graphql.desk import GraphqlDesk
from nightdesk.contracts.graphql.schema import make_schema
from nightdesk.runtime.settings import settings
from nightdesk.wiring import answers, identity_service, open_stores


@cache
def wire() -> GraphqlDesk:
    """The schema and the services behind it; nothing is connected before it is used."""
    here = settings()
    stores = open_stores(here)
    return GraphqlDesk(
        schema=make_schema(),
        identity=identity_service(here, stores),
        answers=answers(here, stores),
        allowed_origin=here.require("allowed_origin"),
    )
