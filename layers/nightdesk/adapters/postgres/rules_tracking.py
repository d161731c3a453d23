"""What the tracker reads and keeps of every tenant's rule sets, as the role `tracker`."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.rule_rows import CANDIDATE_COLUMNS, STORED_COLUMNS, prices_json, stored_rule_set
from nightdesk.kernel.errors import InvalidInput
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.firing import CandidateRow, bars_json, seen_json
from nightdesk.rules.judging import StoredRuleSet
from nightdesk.rules.state import RuleSetState
from nightdesk.rules.state_codec import state_from, state_json

_log = logging.getLogger(__name__)
Read = TypeVar("Read")
_CHANGED: Final = f"""
    SELECT changed_at, removed_at IS NULL, {STORED_COLUMNS} FROM rule_sets
    WHERE changed_at >= %s ORDER BY changed_at
"""  # noqa: S608 - constants
_STATES: Final = "SELECT rule_set_id, version, armed_at, state, as_of FROM rule_states"
_MARK: Final = "SELECT as_of FROM rule_marks WHERE watcher = 'tracker'"
_KEEP: Final = """
    INSERT INTO rule_states (tenant_id, rule_set_id, version, armed_at, state, as_of)
    SELECT *, %s::timestamptz FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::timestamptz[], %s::text[]::jsonb[])
    ON CONFLICT (tenant_id, rule_set_id) DO UPDATE SET
      version = excluded.version, armed_at = excluded.armed_at, state = excluded.state, as_of = excluded.as_of
"""
_SET_MARK: Final = """
    INSERT INTO rule_marks (watcher, as_of) VALUES ('tracker', %s)
    ON CONFLICT (watcher) DO UPDATE SET as_of = excluded.as_of, told_at = clock_timestamp()
"""
TELL: Final = f"""
    INSERT INTO rule_candidates ({CANDIDATE_COLUMNS}) VALUES ({", ".join(["%s"] * 12)})
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Changed:
    """A rule set that was changed; without one that can be watched it is watched no longer."""

    changed_at: datetime
    stored: StoredRuleSet
    is_watched: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What a rule set remembered, in which life of it."""

    version: int
    armed_at: datetime
    state: RuleSetState
    as_of: datetime


class PostgresTrackedRules:
    """Rule sets of all tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def changed(self, since: datetime) -> list[Changed]:
        """Rule sets changed from this wall instant on, oldest change first; one that can't be read is left out."""
        with self._database.transaction() as connection:
            rows = connection.execute(_CHANGED, (since,)).fetchall()
        return list(_readable(rows, _changed, column=3))

    def kept(self) -> dict[RuleSetId, Kept]:
        """What every rule set remembered when it was last kept; one whose memory can't be read begins anew."""
        with self._database.transaction() as connection:
            rows = connection.execute(_STATES).fetchall()
        return dict(_readable(rows, _kept, column=0))

    def mark(self) -> datetime | None:
        """Up to which market instant everything was seen."""
        with self._database.transaction() as connection:
            row = connection.execute(_MARK).fetchone()
        return row[0] if row else None

    def keep(self, states: Mapping[RuleSetId, tuple[StoredRuleSet, RuleSetState]], as_of: datetime) -> None:
        """Keep what these remember, in one statement, and that everything up to the instant was seen."""
        rows = [
            (each.rule_set.tenant_id, rule_set_id, each.rule_set.version, each.armed_at, json.dumps(state_json(state)))
            for rule_set_id, (each, state) in states.items()
        ]
        with self._database.transaction() as connection:
            if rows:
                columns = [list(column) for column in zip(*rows, strict=True)]
                connection.execute(_KEEP, (as_of, *columns))
            connection.execute(_SET_MARK, (as_of,))

    def tell(self, candidates: Sequence[CandidateRow]) -> None:
        """Keep candidates until they are judged; the same one again changes nothing."""
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(TELL, [candidate_values(each) for each in candidates])


def _readable(rows: Iterable[Sequence[Any]], read: Callable[[Sequence[Any]], Read], *, column: int) -> Iterator[Read]:
    """What can be read of the rows: one that can't must not keep everybody's rules from being watched.

    Args:
        rows: As they are stored.
        read: What makes something of a row.
        column: Where a row names its rule set.
    """
    for row in rows:
        try:
            yield read(row)
        except (InvalidInput, ValueError, KeyError, TypeError, ArithmeticError):
            _log.exception("what is stored of a rule set can't be read", extra={"rule_set_id": str(row[column])})


def _kept(row: Sequence[Any]) -> tuple[RuleSetId, Kept]:
    return RuleSetId(row[0]), Kept(row[1], row[2], state_from(row[3]), row[4])


def _changed(row: Sequence[Any]) -> Changed:
    stored = stored_rule_set(row[2:])
    return Changed(row[0], stored, row[1] and stored.rule_set.mode.is_watched)


def candidate_values(row: CandidateRow) -> tuple[Any, ...]:
    """The candidate as `CANDIDATE_COLUMNS`."""
    which = (row.tenant_id, row.rule_set_id, row.candidate_id, row.version, row.armed_at, row.instant)
    figures = (Jsonb(state_json(row.before)), Jsonb(prices_json(row.prices)), Jsonb(seen_json(row.told)))
    return (*which, *figures, row.told_at, row.correlation_id, Jsonb(bars_json(row.bars)))
