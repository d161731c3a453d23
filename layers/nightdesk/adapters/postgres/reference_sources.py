"""How the sources of reference data are, in PostgreSQL."""

from __future__ import annotations

from typing import Any, Final

from nightdesk.adapters.postgres.database import Connection
from nightdesk.markets.sources import SourceState

_COLUMNS: Final = "source, asked_at, answered_at, made_at, items, failure_code, mark, credits_month"
_ALL: Final = f"SELECT {_COLUMNS} FROM reference_sources"  # noqa: S608
_NOTE: Final = f"""
    INSERT INTO reference_sources AS known ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (source) DO UPDATE SET asked_at = excluded.asked_at, answered_at = excluded.answered_at,
      made_at = excluded.made_at, items = excluded.items, failure_code = excluded.failure_code, mark = excluded.mark,
      credits_month = excluded.credits_month
    WHERE known.asked_at <= excluded.asked_at
"""  # noqa: S608


class PostgresSourceStates:
    """`SourceStates`; they belong to no tenant."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def state(self, source: str) -> SourceState | None:
        """How the source is; None if it was never asked."""
        row = self._connection.execute(f"{_ALL} WHERE source = %s", (source,)).fetchone()
        return _state(row) if row else None

    def note(self, state: SourceState) -> None:
        """Keep how it is; an older word never replaces a newer one."""
        row = (state.source, state.asked_at, state.answered_at, state.made_at, state.items)
        self._connection.execute(_NOTE, (*row, state.failure_code, state.mark, state.credits_month))

    def all(self) -> tuple[SourceState, ...]:
        """Every source that was ever asked, by name."""
        rows = self._connection.execute(f"{_ALL} ORDER BY source").fetchall()
        return tuple(map(_state, rows))


def _state(row: tuple[Any, ...]) -> SourceState:
    source, asked_at, answered_at, made_at, items, failure_code, mark, credits_month = row
    return SourceState(
        source=source,
        asked_at=asked_at,
        answered_at=answered_at,
        made_at=made_at,
        items=items,
        failure_code=failure_code,
        mark=mark,
        credits_month=credits_month,
    )
