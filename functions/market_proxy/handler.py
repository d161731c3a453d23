"""Entry: invoked and waited for with a `BarsRequest`; answers a `BarsAnswer`, never an exception of a venue."""

from __future__ import annotations

import logging
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from functions.market_proxy.wiring import meter, wire
from nightdesk.candles.proxying import VenueBars
from nightdesk.contracts.gateway_forms import failure_answer
from nightdesk.contracts.market_proxy import BarsRequest, bars_answer, wish_of
from nightdesk.kernel.errors import InvalidInput, NightdeskError
from nightdesk.kernel.ids import CorrelationId
from nightdesk.runtime import correlation
from nightdesk.runtime.functions import entry

MALFORMED: Final = "market_proxy.request_malformed"
_log = logging.getLogger(__name__)


@entry("market_proxy")
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Ask the venue."""
    asked = event.get("correlation_id")
    with correlation.bound(correlation.accept(asked if isinstance(asked, str) else None)) as correlation_id:
        try:
            return answer(wire(), event, correlation_id)
        finally:
            meter().flush()


def answer(venues: VenueBars, event: dict[str, Any], correlation_id: CorrelationId) -> dict[str, Any]:
    """The bars, or why there are none."""
    try:
        return bars_answer(venues.bars(wish_of(BarsRequest.model_validate(event)), correlation_id))
    except ValidationError:
        return {"error": failure_answer(InvalidInput(MALFORMED, "The request can't be read."))["error"]}
    except NightdeskError as error:
        _log.warning("no bars are told", extra={"error_code": error.code})
        return {"error": failure_answer(error)["error"]}
