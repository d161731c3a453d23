"""What answers callers about the quality of prices, and about how portfolios are valued, is wired with."""

from __future__ import annotations

from nightdesk.adapters.postgres.holdings import PostgresPortfolioUnits
from nightdesk.adapters.postgres.market_quality import PostgresQualityReads
from nightdesk.adapters.postgres.valuations import PostgresValuationReads
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.contracts.api.quality_answers import QualityAnswers
from nightdesk.contracts.api.valuation_answers import ValuationAnswers
from nightdesk.portfolio.service import PortfolioService
from nightdesk.runtime.clock import SystemClock
from nightdesk.wiring import Stores


def quality_answers(stores: Stores) -> QualityAnswers:
    """What answers callers about refused prices."""
    return QualityAnswers(reads=PostgresQualityReads(stores.database), clock=SystemClock())


def valuation_answers(stores: Stores) -> ValuationAnswers:
    """What answers callers about how their portfolio is valued."""
    units, prices = PostgresPortfolioUnits(stores.database), ValkeyPriceBook(stores.cache)
    portfolio = PortfolioService(units, prices, SystemClock())
    return ValuationAnswers(portfolio=portfolio, reads=PostgresValuationReads(stores.database))
