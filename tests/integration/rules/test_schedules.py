"""A scheduled rule set fires once for its minute, whoever tells it: the tracker, the cloud's schedule, or both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.rules_schedules import PostgresScheduledRules
from nightdesk.rules.firing import CandidateRef
from nightdesk.rules.scheduling import Mark, ScheduleTeller
from nightdesk.runtime import correlation
from tests.builders.ledger import at
from tests.integration.rules.rig import Rig
from tests.servers import Postgres

pytestmark = pytest.mark.integration
EACH_MINUTE = {"kind": "schedule", "minutes": [], "hours": [], "days": [], "months": [], "weekdays": [], "zone": "UTC"}


class Marked(PostgresScheduledRules):
    """With a mark of this test's own, for the database's is shared."""

    own: Mark | None = None

    def mark(self) -> Mark | None:
        return self.own


@pytest.fixture
def rig(postgres: Postgres) -> Iterator[Rig]:
    made = Rig(postgres)
    yield made
    made.close()


@pytest.fixture
def rules(postgres: Postgres) -> Iterator[Marked]:
    database = Database(postgres.url("outbox"))
    yield Marked(database)
    database.close()


def scheduled(rig: Rig, rules: Marked, since: float, until: float) -> list[CandidateRef]:
    """What the cloud's schedule tells of this tenant; in wall time the rule set was armed before."""
    sent = len(rig.candidates.sent)
    rules.own = Mark(at(since), rig.clock.now())
    ScheduleTeller(
        rules, rig.candidates, clock=rig.clock, market_at=lambda: at(until), new_correlation=correlation.new
    ).run()
    return [ref for ref in rig.candidates.sent[sent:] if ref.tenant_id == rig.tenant_id]


def test_without_the_tracker_it_fires_once(rig: Rig, rules: Marked) -> None:
    rig.arm(EACH_MINUTE, repeating=True)
    first = scheduled(rig, rules, 5, 65)
    again = scheduled(rig, rules, 5, 65)  # the schedule came twice, or the mark was lost
    assert rig.outcomes([*first, *again]) == ["fire", None]
    (firing,) = rig.desk.firings(rig.tenant_id)
    assert firing.instant == at(60)
    assert rig.outcomes(scheduled(rig, rules, 65, 125)) == ["fire"]
    assert [each.number for each in rig.desk.firings(rig.tenant_id)] == [2, 1]


@pytest.mark.parametrize("tracker_first", [True, False])
def test_with_both_it_fires_once(rig: Rig, rules: Marked, tracker_first: bool) -> None:  # noqa: FBT001 - a case
    rig.arm(EACH_MINUTE, repeating=True)
    assert rig.after(10, "100") == []
    told = [] if not tracker_first else rig.after(60.2, "100")
    told += scheduled(rig, rules, 5, 65)
    if not tracker_first:
        told += rig.after(60.2, "100")
    assert len(told) == 2
    assert told[0].candidate_id == told[1].candidate_id
    assert rig.outcomes(told) == ["fire", None]
    assert [each.instant for each in rig.desk.firings(rig.tenant_id)] == [at(60)]
    assert len(rig.actions.sent) == 1


def test_the_mark_only_moves_forward(postgres: Postgres) -> None:
    database = Database(postgres.url("outbox"))
    real, far = PostgresScheduledRules(database), at(10_000_000)
    real.tell((), Mark(far, far))
    real.tell((), Mark(at(0), at(0)))
    known = real.mark()
    assert known is not None
    assert known.as_of >= far
    database.close()
