"""What the routes work with, and how they are handed it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from aws_lambda_powertools.event_handler import Depends, Request
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.api.alerting import Alerting
from functions.api.once import Once
from nightdesk.accounts.positions import PositionService
from nightdesk.accounts.webhooks import WebhookService
from nightdesk.balancer.ports import BudgetView
from nightdesk.candles.coverage_desk import CoverageDesk
from nightdesk.candles.proxying import MarketProxy
from nightdesk.candles.service import CandleService
from nightdesk.contracts.api.action_answers import ActionAnswers
from nightdesk.contracts.api.answers import Answers
from nightdesk.contracts.api.book_answers import BookAnswers
from nightdesk.contracts.api.chart_answers import ChartAnswers
from nightdesk.contracts.api.datafeed_answers import DatafeedAnswers
from nightdesk.contracts.api.file_answers import FileAnswers
from nightdesk.contracts.api.key_answers import KeyAnswers
from nightdesk.contracts.api.ledger_answers import LedgerAnswers
from nightdesk.contracts.api.order_answers import OrderAnswers
from nightdesk.contracts.api.quality_answers import QualityAnswers
from nightdesk.contracts.api.reference_answers import ReferenceAnswers
from nightdesk.contracts.api.rule_answers import RuleAnswers
from nightdesk.contracts.api.valuation_answers import ValuationAnswers
from nightdesk.identity.model import Caller
from nightdesk.identity.service import IdentityService
from nightdesk.indicators.service import FormulaService
from nightdesk.kernel.ids import CorrelationId
from nightdesk.runtime import correlation


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The services behind the API.

    Attributes:
        once: Remembers answers by idempotency key.
        checks: By name, what raises when the part does not answer.
        allowed_origin: Where our page comes from.
    """

    identity: IdentityService
    answers: Answers
    keys: KeyAnswers
    files: FileAnswers
    proof: LedgerAnswers
    orders: OrderAnswers
    books: BookAnswers
    actions: ActionAnswers
    rules: RuleAnswers
    positions: PositionService
    reference: ReferenceAnswers
    candles: CandleService
    coverage: CoverageDesk
    datafeed: DatafeedAnswers
    proxy: MarketProxy
    charts: ChartAnswers
    formulas: FormulaService
    webhooks: WebhookService
    alerting: Alerting
    quality: QualityAnswers
    valuations: ValuationAnswers
    budgets: BudgetView
    once: Once
    checks: Mapping[str, Callable[[], None]]
    allowed_origin: str
    version: str


def _desk(request: Request) -> Desk:
    desk: Desk = request.context["desk"]
    return desk


def _caller(request: Request) -> Caller:
    caller: Caller = request.context["caller"]
    return caller


def _correlation() -> CorrelationId:
    return correlation.current() or correlation.new()


def _invocation(request: Request) -> LambdaContext:
    context: LambdaContext = request.context["invocation"]
    return context


OurDesk = Annotated[Desk, Depends(_desk)]
OurCaller = Annotated[Caller, Depends(_caller)]
OurCorrelation = Annotated[CorrelationId, Depends(_correlation)]
OurInvocation = Annotated[LambdaContext, Depends(_invocation)]
