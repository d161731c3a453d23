"""The GraphQL types have the members of the REST API's shapes, no more and no fewer."""

import dataclasses

import pytest
from pydantic import BaseModel

from nightdesk.contracts.api import accounts, common, ledger, portfolio, session
from nightdesk.contracts.graphql import types

SHAPES = {
    name.removesuffix("Shape"): shape
    for module in (common, session, accounts, portfolio, ledger)
    for name, shape in vars(module).items()
    if isinstance(shape, type) and issubclass(shape, BaseModel)
}
TYPES = [kind for kind in vars(types).values() if isinstance(kind, type) and dataclasses.is_dataclass(kind)]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_members_are_the_same(kind: type) -> None:
    assert dataclasses.is_dataclass(kind)
    assert {field.name for field in dataclasses.fields(kind)} == set(SHAPES[kind.__name__].model_fields)


def test_there_are_types() -> None:
    assert len(TYPES) == 17
