"""Errors of the domains as GraphQL tells them: the stable code stands in `extensions.code`."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.types import Info

from nightdesk.kernel.errors import ErrorKind, NightdeskError

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Told(FieldExtension):
    """Put on every field of a root type."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        """Resolve the field; what goes wrong is told with its code."""
        try:
            return next_(source, info, **arguments)
        except Exception as error:
            raise telling(error) from error


async def told(open_stream: Callable[[], AsyncGenerator[T]]) -> AsyncIterator[T]:
    """The stream that is opened; what goes wrong in it is told with its code."""
    try:
        async with aclosing(open_stream()) as stream:
            async for item in stream:
                yield item
    except Exception as error:
        raise telling(error) from error


def telling(error: Exception) -> GraphQLError:
    """What a caller is told of the error; what is broken inside is only logged."""
    if isinstance(error, GraphQLError):
        return error
    if not isinstance(error, NightdeskError) or error.kind is ErrorKind.BROKEN:
        _log.error("resolver failed", exc_info=error)
        code = error.code if isinstance(error, NightdeskError) else "internal.unexpected"
        return GraphQLError("Something went wrong on our side.", extensions={"code": code})
    extensions: dict[str, Any] = {"code": error.code}
    if error.retry_after_s is not None:
        extensions["retryAfterS"] = error.retry_after_s
    return GraphQLError(error.message, extensions=extensions)
