"""Watched rule sets with schedules, as the role `outbox`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.rule_rows import STORED_COLUMNS, stored_rule_set
from nightdesk.adapters.postgres.rules_tracking import TELL, candidate_values
from nightdesk.rules.firing import CandidateRow
from nightdesk.rules.judging import StoredRuleSet
from nightdesk.rules.scheduling import Mark

_SCHEDULED: Final = f"""
    SELECT {STORED_COLUMNS} FROM rule_sets
    WHERE has_schedule(definition) AND removed_at IS NULL AND mode IN ('shadow', 'live')
"""  # noqa: S608 - constants
_MARK: Final = "SELECT as_of, told_at FROM rule_marks WHERE watcher = 'schedules'"
_SET_MARK: Final = """
    INSERT INTO rule_marks (watcher, as_of, told_at) VALUES ('schedules', %s, %s)
    ON CONFLICT (watcher) DO UPDATE SET as_of = excluded.as_of, told_at = excluded.told_at
    WHERE rule_marks.as_of < excluded.as_of
"""


class PostgresScheduledRules:
    """`ScheduledRules` of all tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def scheduled(self) -> Sequence[StoredRuleSet]:
        """Every one."""
        with self._database.transaction() as connection:
            return [stored_rule_set(row) for row in connection.execute(_SCHEDULED).fetchall()]

    def mark(self) -> Mark | None:
        """Where telling has got to; None before the first time."""
        with self._database.transaction() as connection:
            row = connection.execute(_MARK).fetchone()
        return None if row is None else Mark(row[0], row[1])

    def tell(self, candidates: Sequence[CandidateRow], mark: Mark) -> None:
        """Keep candidates until they are judged, each once; then where telling has got to."""
        for tenant_id in dict.fromkeys(each.tenant_id for each in candidates):
            theirs = [candidate_values(each) for each in candidates if each.tenant_id == tenant_id]
            with self._database.transaction(tenant_id=tenant_id) as connection, connection.cursor() as cursor:
                cursor.executemany(TELL, theirs)
        with self._database.transaction() as connection:
            connection.execute(_SET_MARK, (mark.as_of, mark.told_at))
