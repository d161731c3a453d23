"""What answers callers about reference data is wired with."""

from __future__ import annotations

from functools import partial

from nightdesk.adapters.postgres.reference_reads import reference_reads
from nightdesk.contracts.api.reference_answers import ReferenceAnswers
from nightdesk.portfolio.service import PortfolioService
from nightdesk.runtime.clock import SystemClock
from nightdesk.wiring import Stores


def reference_answers(stores: Stores, portfolio: PortfolioService) -> ReferenceAnswers:
    """What answers callers about exchange rates, market capitalisations and their sources."""
    return ReferenceAnswers(units=partial(reference_reads, stores.database), portfolio=portfolio, clock=SystemClock())
