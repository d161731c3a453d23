"""An OpenAPI document taken apart, so that schemathesis makes up its cases test by test.

A schema that is parametrized whole has every case of every operation made while tests are collected, by each worker;
`schemathesis.pytest.from_fixture` would put that off too, but does not know pytest 9's nodes. So its builder is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import schemathesis
from schemathesis import Case
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source

from tests.fakes.serving import Application

Document = dict[str, Any]


def operations_of(
    document: Document, *, only: Sequence[str] | None = None, without: Sequence[str] = ()
) -> Mapping[str, Document]:
    """The document of each operation alone, by its label."""
    return {
        f"{method.upper()} {path}": {**document, "paths": {path: {method: operation}}}
        for path, operations in document["paths"].items()
        if path not in without and (only is None or path in only)
        for method, operation in operations.items()
    }


def try_out(document: Document, app: Application, check: Callable[[Case], None], config: schemathesis.Config) -> None:
    """Check what an application answers to every case that schemathesis makes up of the document."""
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = app
    for found in schema.get_all_operations():
        feedback = FeedbackSources(constants_value_source=make_constants_value_source(schema))
        told = {"config": schema.config, "operation": found.ok(), "given_kwargs": {}, "feedback": feedback}
        build_operation_test(test_func=check, **told)()
