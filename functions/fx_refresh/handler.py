"""Entry: EventBridge calls it hourly; it asks two sources for exchange rates, keeps and compares what they tell."""

from __future__ import annotations

import logging
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.fx_refresh.wiring import meter, refresh
from nightdesk.kernel.errors import Unavailable
from nightdesk.markets.fx_checking import RateState
from nightdesk.markets.fx_refreshing import FxRefreshed
from nightdesk.runtime.functions import entry

_log = logging.getLogger(__name__)


@entry("fx_refresh")
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Fetch, keep, compare; the same tables fetched twice are kept once.

    Returns:
        How many rates are in each state, and for each source that was asked why it failed, or null.

    Raises:
        Unavailable: No source answered.
    """
    done = refresh()
    _raise(done)
    if all(source.failure_code for source in done.sources):
        raise Unavailable("fx.unavailable", "No source of exchange rates answers.")
    states = {state.value: done.count(state) for state in RateState}
    return {"rates": states, "sources": {state.source: state.failure_code for state in done.sources}}


def _raise(done: FxRefreshed) -> None:
    for rate in done.differing:
        _log.warning("sources differ", extra={"currency": rate.currency, "deviation_ratio": str(rate.deviation_ratio)})
    for source in done.sources:
        if source.failure_code:
            _log.warning("a source failed", extra={"source": source.source, "error_code": source.failure_code})
    meter().count("FxRatesDiffer", len(done.differing))
    meter().count("FxSourcesFailed", sum(source.failure_code is not None for source in done.sources))
    meter().flush()
