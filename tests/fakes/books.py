"""The inbox, transfers and comparisons behind the API, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from nightdesk.accounts.reconciliation_view import CheckFilter, CheckPage, CheckPlace, ViewedCheck
from nightdesk.contracts.api.book_answers import BookAnswers
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.kernel.money import Money, multiply
from nightdesk.ledger.inbox_desk import InboxDesk, InboxUnit, Worth
from nightdesk.ledger.transfers.model import LinkId, MovementId
from nightdesk.ledger.transfers.ports import TransferUnit
from nightdesk.ledger.transfers.service import TransferService, link_by_person, unlink
from nightdesk.portfolio.carrying import LinkedCosts
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.portfolio.service import PortfolioService
from tests.fakes.inbox import FakeInboxStore
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.portfolio import FakeHoldingStore, FakePortfolioUnits, FakePriceBook
from tests.fakes.transfers import FakeTransferStore

PRICES = {"USDT": Decimal(1), "BTC": Decimal(50_000), "ETH": Decimal(2_000)}


@dataclass(slots=True)
class FakeBooks:
    """One set of stores for everybody."""

    ledger: FakeLedgerStore = field(default_factory=FakeLedgerStore)
    inbox: FakeInboxStore = field(default_factory=FakeInboxStore)
    holdings: FakeHoldingStore = field(default_factory=FakeHoldingStore)
    checks: list[tuple[TenantId, ViewedCheck]] = field(default_factory=list)
    imported: list[AccountId] = field(default_factory=list)
    transfers: FakeTransferStore = field(init=False)

    def __post_init__(self) -> None:
        self.transfers = FakeTransferStore(self.ledger)

    def again(self, tenant_id: TenantId, account_id: AccountId, correlation_id: CorrelationId) -> None:  # noqa: ARG002
        self.imported.append(account_id)

    def page(self, tenant_id: TenantId, wanted: CheckFilter, after: CheckPlace | None, limit: int) -> CheckPage:
        mine = [viewed for owner, viewed in self.checks if owner == tenant_id and _passes(viewed, wanted)]
        chosen = [viewed for viewed in mine if viewed.check.cycles_open or not wanted.differing]
        following = [viewed for viewed in chosen if after is None or _place(viewed) > after]
        differing = sum(viewed.check.cycles_open > 0 for viewed in mine)
        return CheckPage(rows=sorted(following, key=_place)[:limit], total=len(mine), differing=differing)

    def answers(self, clock: Clock) -> BookAnswers:
        desk = InboxDesk(units=self.inbox_units, appraise=appraise, imports=self, clock=clock)
        transfers = TransferService(self.transfer_units, clock)
        units = FakePortfolioUnits(self.ledger, holdings=self.holdings)
        portfolio = PortfolioService(units, FakePriceBook(), clock)
        return BookAnswers(
            inbox=desk, transfers=transfers, checks=self, portfolio=portfolio, appraise=appraise, clock=clock
        )

    @contextmanager
    def inbox_units(self, tenant_id: TenantId) -> Iterator[InboxUnit]:
        with self.transfer_units(tenant_id) as unit:
            yield InboxUnit(self.inbox, LedgerRecorder(self.ledger, self.holdings), _Links(unit))

    @contextmanager
    def transfer_units(self, tenant_id: TenantId) -> Iterator[TransferUnit]:  # noqa: ARG002
        yield TransferUnit(self.transfers, self.inbox, LinkedCosts(self.ledger, self.holdings, self.transfers))


class _Links:
    def __init__(self, unit: TransferUnit) -> None:
        self._unit = unit

    def link(self, tenant_id: TenantId, movement_ids: Sequence[MovementId], by: str, at: datetime) -> LinkId:
        return link_by_person(self._unit, tenant_id, movement_ids, by, at).link_id

    def unlink(self, tenant_id: TenantId, link_id: LinkId, by: str, at: datetime) -> None:
        unlink(self._unit, tenant_id, link_id, by, at)


def appraise(tenant_id: TenantId) -> tuple[AssetId, Worth]:  # noqa: ARG001
    """Fixed prices in USDT."""

    def worth(money: Money) -> Decimal | None:
        price = PRICES.get(money.asset)
        return None if price is None else multiply(money.amount, price)

    return AssetId("USDT"), worth


def _place(viewed: ViewedCheck) -> CheckPlace:
    return viewed.account_id, viewed.check.key.asset, viewed.check.key.wallet


def _passes(viewed: ViewedCheck, wanted: CheckFilter) -> bool:
    return wanted.account_id in {None, viewed.account_id} and wanted.asset in {None, viewed.check.key.asset}
