"""Rule sets and readings for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from nightdesk.kernel.ids import TenantId
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.actions import Notify
from nightdesk.rules.model import Condition, Mode, Operand, Rule, RuleSet, TrailingStop
from nightdesk.rules.ports import ScopeReading
from nightdesk.rules.state import Ledgered, Trail

TENANT = TenantId(UUID(int=7))
BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)
PRICE = Operand("price(BINANCE:BTC/USDT)")


def at(seconds: float) -> datetime:
    """So many seconds after the tests' beginning."""
    return BEGIN + timedelta(seconds=seconds)


def rule_set(*conditions: Condition, **given: object) -> RuleSet:
    """A live rule set of these conditions."""
    made: dict[str, object] = {
        "rule_set_id": RuleSetId(UUID(int=1)),
        "tenant_id": TENANT,
        "portfolio_id": TENANT,
        "name": "a rule set",
        "version": 1,
        "mode": Mode.LIVE,
        "rules": tuple(Rule(f"rule {number}", condition) for number, condition in enumerate(conditions)),
        "actions": (Notify(),),
    }
    return RuleSet(**{**made, **given})  # type: ignore[arg-type]


@dataclass(slots=True)
class FakeReadings:
    """Readings that are what the test says; a number is itself."""

    values: Mapping[str, str | None] = field(default_factory=dict)
    worth: str | None = None
    flow: str = "0"
    pasts: Mapping[datetime, str] = field(default_factory=dict)
    ledgered: Ledgered = field(default_factory=Ledgered)

    def value(self, operand: Operand) -> Decimal | None:
        told = self.values.get(operand, operand)
        return None if told is None else Decimal(told)

    def past(self, operand: Operand, at: datetime) -> Decimal | None:  # noqa: ARG002 - one operand only
        told = self.pasts.get(at)
        return None if told is None else Decimal(told)

    def scope(self, stop: TrailingStop, trail: Trail | None) -> ScopeReading | None:  # noqa: ARG002 - one scope only
        if self.worth is None:
            return None
        return ScopeReading(value=Decimal(self.worth), flow=Decimal(self.flow), ledgered=self.ledgered)
