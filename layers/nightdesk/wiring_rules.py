"""What whoever sets up rules is wired with."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from nightdesk.adapters.postgres.rules_desk import PostgresRuleDeskUnits
from nightdesk.contracts.api.rule_answers import RuleAnswers
from nightdesk.rules.desk import RuleDesk
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import Settings
from nightdesk.wiring import Stores


def rule_answers(settings: Settings, stores: Stores) -> RuleAnswers:
    """What answers callers about rule sets."""
    shadow_least = timedelta(days=settings.rules_shadow_days)
    return RuleAnswers(
        RuleDesk(PostgresRuleDeskUnits(stores.database), SystemClock(), uuid4, shadow_least=shadow_least)
    )
