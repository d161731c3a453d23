"""What the function answers with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeVar
from uuid import UUID

import orjson
from pydantic import ValidationError

from nightdesk.contracts.api.analytics import OPERATIONS
from nightdesk.contracts.api.common import RequestShape, Shape
from nightdesk.contracts.api.indicator_history import history_query, history_shape
from nightdesk.contracts.api.indicator_values import HistoryRequest
from nightdesk.contracts.api.replay_answers import ReplayAnswers
from nightdesk.contracts.api.replays import AskReplay, AskSweep, AskTemplate
from nightdesk.identity.model import Caller
from nightdesk.identity.service import IdentityService
from nightdesk.indicators.history import HistoryService
from nightdesk.indicators.service import FormulaService
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import CorrelationId
from nightdesk.runtime import correlation
from nightdesk.runtime.http import (
    Event,
    Refused,
    Reply,
    bearer_token,
    body_text,
    boundary,
    require_json,
    require_own_origin,
)
from nightdesk.runtime.problems import FieldError, Problem

ERRORS_TOLD_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsDesk:
    """The services behind it."""

    identity: IdentityService
    formulas: FormulaService
    history: HistoryService
    replays: ReplayAnswers
    allowed_origin: str


Asked = TypeVar("Asked", bound=RequestShape)
Answer = Callable[[Event, Caller, AnalyticsDesk, Sequence[str]], Shape]


def serve(event: Event, desk: AnalyticsDesk) -> Reply:
    """Answer one request; who asks is settled before what is asked is read."""
    return boundary(event, lambda: _admit(event, desk))


def _admit(event: Event, desk: AnalyticsDesk) -> Reply:
    require_own_origin(event, desk.allowed_origin)
    body_text(event)
    require_json(event)
    caller = desk.identity.authenticate(bearer_token(event))
    method, path = str(event["httpMethod"]), str(event["path"]).rstrip("/")
    for known, pattern, answer in _ROUTES:
        if known == method and (matched := pattern.fullmatch(path)):
            return _reply(answer(event, caller, desk, matched.groups()))
    raise _refused(HTTPStatus.NOT_FOUND, "request.unknown_path", "There is nothing at this path.")


# Answers --------------------------------------------------------------------------------------------------------------


def _history(event: Event, caller: Caller, desk: AnalyticsDesk, _parts: Sequence[str]) -> Shape:
    caller.require("read", "Candle")
    request = HistoryRequest.read(event.get("multiValueQueryStringParameters") or {})
    query = history_query(request, desk.formulas.formulas(caller.tenant_id))
    return history_shape(request, query, desk.history.tell(caller.tenant_id, query))


def _replay(event: Event, caller: Caller, desk: AnalyticsDesk, _parts: Sequence[str]) -> Shape:
    return desk.replays.replay(caller, _body(event, AskReplay), _correlation())


def _sweep(event: Event, caller: Caller, desk: AnalyticsDesk, _parts: Sequence[str]) -> Shape:
    return desk.replays.sweep(caller, _body(event, AskSweep), _correlation())


def _templates(_event: Event, caller: Caller, desk: AnalyticsDesk, _parts: Sequence[str]) -> Shape:
    return desk.replays.templates(caller)


def _build(event: Event, caller: Caller, desk: AnalyticsDesk, parts: Sequence[str]) -> Shape:
    return desk.replays.build(caller, parts[0], _body(event, AskTemplate), _correlation())


def _shadow(_event: Event, caller: Caller, desk: AnalyticsDesk, parts: Sequence[str]) -> Shape:
    return desk.replays.shadow(caller, UUID(parts[0]))


_ANSWERS: Final[Mapping[str, Answer]] = {
    "indicator_history": _history,
    "replay": _replay,
    "replay_sweep": _sweep,
    "strategy_templates": _templates,
    "build_template": _build,
    "shadow": _shadow,
}
_ROUTES: Final = [(each.method, each.pattern, _ANSWERS[each.name]) for each in OPERATIONS]


# In and out -----------------------------------------------------------------------------------------------------------


def _body(event: Event, shape: type[Asked]) -> Asked:
    """What was sent.

    Raises:
        InvalidInput: `request.malformed`: it is not JSON.
        Refused: `request.invalid`, with every place that can't be meant.
    """
    try:
        return shape.model_validate(orjson.loads(body_text(event)))
    except orjson.JSONDecodeError:
        raise InvalidInput("request.malformed", "The body is not a JSON object.") from None
    except ValidationError as error:
        told = [FieldError(_path(each["loc"]), each["msg"]) for each in error.errors()[:ERRORS_TOLD_MAX]]
        raise _refused(
            HTTPStatus.BAD_REQUEST, "request.invalid", "Some of what was sent can't be meant.", told
        ) from None


def _path(location: Sequence[object]) -> str:
    return ".".join(str(step) for step in ("body", *location))[:80]


def _refused(status: HTTPStatus, code: str, detail: str, errors: Sequence[FieldError] = ()) -> Refused:
    return Refused(Problem(status=status, code=code, detail=detail, correlation_id=_correlation(), errors=errors))


def _correlation() -> CorrelationId:
    return correlation.current() or correlation.new()


def _reply(content: Shape) -> Reply:
    return {
        "statusCode": 200,
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "body": orjson.dumps(content.model_dump(mode="json", by_alias=True)).decode(),
        "isBase64Encoded": False,
    }
