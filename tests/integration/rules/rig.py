"""The tracker's rules and the judge on a real database, with prices, time and the queues in the test's hands."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from fargate.portfolio_tracker.rules import RulesService
from functions.rules_evaluate.reading import OwnReadings
from functions.rules_evaluate.wiring import PostgresJudgingUnits
from nightdesk.adapters.postgres.caps_history import PostgresCapHistory
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresPortfolioUnits
from nightdesk.adapters.postgres.rules_bars import PostgresRuleBars
from nightdesk.adapters.postgres.rules_desk import PostgresRuleDeskUnits
from nightdesk.adapters.postgres.rules_holdings import PostgresHeld
from nightdesk.adapters.postgres.rules_signals import PostgresRuleSignals
from nightdesk.adapters.postgres.rules_tracking import PostgresTrackedRules
from nightdesk.adapters.postgres.tracking import PostgresTrackedBooks
from nightdesk.kernel.assets import parse_instrument
from nightdesk.kernel.ids import UserId
from nightdesk.ledger.model import Fact
from nightdesk.markets.model import Price
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.rules.action_ports import ActionsDue
from nightdesk.rules.desk import By, RuleDesk
from nightdesk.rules.desk_ports import RuleSetRow
from nightdesk.rules.firing import CandidateRef
from nightdesk.rules.judging import JudgingService
from nightdesk.rules.model import Mode
from nightdesk.rules.recomputing import KeptBars
from nightdesk.runtime.clock import SystemClock
from tests.builders.ledger import CORRELATION, RECORDED, at, new_account, new_tenant
from tests.fakes.clock import FakeClock
from tests.fakes.portfolio import FakePriceBook
from tests.servers import Postgres

SELL_ALL = {"kind": "panic_sell", "scope": {"kind": "portfolio"}}


@dataclass(slots=True)
class FakeQueue:
    """Keeps what was sent."""

    sent: list[Any] = field(default_factory=list)

    def send(self, what: Sequence[CandidateRef] | ActionsDue) -> None:
        self.sent += [what] if isinstance(what, ActionsDue) else list(what)


class Rig:
    """A tenant with an account, the tracker's rules, and the judge."""

    def __init__(self, postgres: Postgres) -> None:
        self.runner = asyncio.Runner()
        self.minutes: list[Price] = []
        self.clock = FakeClock(SystemClock().now())
        self.app = Database(postgres.url("app"), max_size=4)
        self.tracker = Database(postgres.url("tracker"), max_size=2)
        self.tenant_id, self.account_id = new_tenant(), new_account()
        self.candidates, self.actions, self.prices = FakeQueue(), FakeQueue(), FakePriceBook()
        self.desk = RuleDesk(PostgresRuleDeskUnits(self.app), self.clock, uuid4, shadow_least=timedelta(0))
        self.by = By(self.tenant_id, UserId(uuid4()), CORRELATION)
        self.service = self.restarted()
        bars, signals = KeptBars(PostgresRuleBars(self.app)), PostgresRuleSignals(self.app)
        readings = OwnReadings(PostgresHeld(self.app), self.prices, bars, signals, caps=PostgresCapHistory(self.app))
        self.judge = JudgingService(PostgresJudgingUnits(self.app, readings), self.actions, self.clock)
        self._add_account()

    def restarted(self) -> RulesService:
        """Another life of the tracker's rules."""
        self.service = RulesService(
            source=PostgresTrackedRules(self.tracker),
            held=PostgresHeld(self.tracker),
            versions=PostgresTrackedBooks(self.tracker).versions,
            queue=self.candidates,
            clock=self.clock,
            signals=PostgresRuleSignals(self.tracker).since,
            minutes=lambda since: [price for price in self.minutes if price.at > since],
        )
        return self.service

    def close(self) -> None:
        for row in self.desk.list(self.tenant_id):
            self.desk.remove(self.by, row.rule_set.rule_set_id)  # the database is shared, and trackers see all tenants
        self.runner.close()
        self.app.close()
        self.tracker.close()

    def record(self, *facts: Fact) -> None:
        """Book the facts."""
        with PostgresPortfolioUnits(self.app)(self.tenant_id) as unit:
            recorder = LedgerRecorder(unit.ledger, unit.holdings)
            recorder.record(self.tenant_id, self.account_id, facts, recorded_at=RECORDED, correlation_id=CORRELATION)

    def arm(self, condition: dict[str, Any], mode: Mode = Mode.LIVE, **definition: Any) -> RuleSetRow:
        """A watched rule set of one rule."""
        whole = {
            "rules": [{"name": "the rule", "condition": condition}],
            "actions": [SELL_ALL],
            "repeating": False,
            "cooldown_s": 0,
            "active_hours": None,
            "policy": "stop",
            **definition,
        }
        row = self.desk.create(self.by, "a rule set", whole)
        rule_set_id = row.rule_set.rule_set_id
        self.clock.advance(1)
        token, _ = self.desk.confirm(self.by, rule_set_id, 1)
        return self.desk.set_mode(self.by, rule_set_id, mode, version=1, confirmation=token)

    def price(self, seconds: float, last: str, market: str = "BINANCE:BTC/USDT") -> None:
        """A price, heard by the tracker and kept in the book."""
        told = Price(instrument=parse_instrument(market), last=Decimal(last), at=at(seconds))
        self.prices.put([told])
        self.service.hear(told)

    async def beat(self) -> list[CandidateRef]:
        """Look at the database, test everything once and keep what changed; the candidates told."""
        before = len(self.candidates.sent)
        await self.service.look_now()
        await self.service.beat_now()
        await self.service.keep_now()
        return [ref for ref in self.candidates.sent[before:] if ref.tenant_id == self.tenant_id]

    def after(self, seconds: float, last: str) -> list[CandidateRef]:
        """What a price brings about."""
        self.price(seconds, last)
        return self.runner.run(self.beat())

    def outcomes(self, refs: Sequence[CandidateRef]) -> list[str | None]:
        """Judge the candidates."""
        return [self.judge.judge(ref) for ref in refs]

    def _add_account(self) -> None:
        with self.app.transaction(tenant_id=self.tenant_id) as connection:
            connection.execute("INSERT INTO tenants VALUES (%s, 'rules', 'USDT', %s)", (self.tenant_id, RECORDED))
            connection.execute(
                "INSERT INTO accounts (tenant_id, account_id, venue, label, state, created_at)"
                " VALUES (%s, %s, 'binance', 'rules', 'active', %s)",
                (self.tenant_id, self.account_id, RECORDED),
            )
