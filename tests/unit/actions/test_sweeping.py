from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from nightdesk.kernel.errors import Conflict, Unavailable
from nightdesk.kernel.ids import CorrelationId
from nightdesk.rules.action_ports import FiringId, FiringRef, RuleSetId
from nightdesk.rules.action_sweeping import SILENT_AFTER, ActionSweeper
from nightdesk.rules.actions import BotPart
from nightdesk.rules.bots import NoBots
from tests.builders.action_world import TENANT
from tests.fakes.clock import NOON, FakeClock


class Silent:
    """Two firings, and a queue that takes one of them."""

    def __init__(self) -> None:
        self.asked: list[tuple[datetime, int]] = []
        self.sent: list[tuple[int, str]] = []

    def silent(self, silent_since: datetime, limit: int) -> tuple[FiringRef, ...]:
        self.asked.append((silent_since, limit))
        return tuple(
            FiringRef(
                tenant_id=TENANT,
                rule_set_id=RuleSetId(UUID(int=3)),
                firing_id=FiringId(UUID(int=number)),
                correlation_id=CorrelationId("test"),
            )
            for number in (1, 2)
        )

    def resend(self, ref: FiringRef, sweep: str) -> None:
        if ref.firing_id.int == 1:
            raise Unavailable("queue.unavailable", "The queue does not answer.")
        self.sent.append((ref.firing_id.int, sweep))


def test_silent_firings_are_sent_again_and_one_that_is_not_taken_waits_for_the_next_sweep() -> None:
    silent = Silent()
    assert ActionSweeper(silent, silent, FakeClock()).sweep() == 1
    assert silent.asked[0][0] == NOON - SILENT_AFTER
    assert silent.sent == [(2, "2026-03-01T12:00:00.000000Z")]


def test_without_bots_every_action_on_one_says_so() -> None:
    for on in (True, False):
        with pytest.raises(Conflict) as refused:
            NoBots().switch(TENANT, "b1", BotPart.BOT, on=on)
        assert refused.value.code == "bots.none_connected"
    with pytest.raises(Conflict):
        NoBots().reduce_buy_amount(TENANT, "b1", Decimal("0.5"))
