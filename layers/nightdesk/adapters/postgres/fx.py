"""Exchange rates of currencies in PostgreSQL: every table that was fetched stays, and what came of comparing them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.reference_sources import PostgresSourceStates
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.instants import Clock
from nightdesk.markets.fx import DOLLAR, FxRates
from nightdesk.markets.fx_checking import CheckedRate, RateState, Told

KEEP: Final = timedelta(minutes=1)
CHECKED: Final = "checked"
"""What the table of compared rates says in the place of one source."""

_PUT: Final = """
    INSERT INTO fx_rates (source, base, quote, at, rate)
    SELECT %s, %s, quote, %s, rate FROM unnest(%s::text[], %s::numeric[]) AS told (quote, rate)
    ON CONFLICT (source, quote, at) DO NOTHING
"""
_NEWEST: Final = """
    SELECT base, at, quote, rate FROM fx_rates
    WHERE source = %(source)s AND at = (SELECT max(at) FROM fx_rates WHERE source = %(source)s)
"""
_USED: Final = "SELECT currency, rate, at FROM fx_checked WHERE used"
_COLUMNS: Final = """currency, state, rate, source, at, other_source, other_rate, other_at, first_source, first_rate,
    first_at, deviation_ratio, used, differs_since"""
_PAGE: Final = f"SELECT {_COLUMNS} FROM fx_checked WHERE currency > %s ORDER BY currency LIMIT %s"  # noqa: S608
_KEEP: Final = f"""
    INSERT INTO fx_checked AS known ({_COLUMNS}, checked_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (currency) DO UPDATE SET state = excluded.state, rate = excluded.rate, source = excluded.source,
      at = excluded.at, other_source = excluded.other_source, other_rate = excluded.other_rate,
      other_at = excluded.other_at, first_source = excluded.first_source, first_rate = excluded.first_rate,
      first_at = excluded.first_at, deviation_ratio = excluded.deviation_ratio, used = excluded.used,
      differs_since = excluded.differs_since, checked_at = excluded.checked_at
    WHERE known.checked_at <= excluded.checked_at
"""  # noqa: S608
EVERY: Final = 10_000


class PostgresFxStore:
    """Tables of rates; they belong to no tenant."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def sources(self) -> PostgresSourceStates:
        """How the sources are."""
        return PostgresSourceStates(self._connection)

    def put(self, rates: FxRates) -> None:
        """Keep a table; the same table again changes nothing."""
        told = rates.rates
        self._connection.execute(_PUT, (rates.source, rates.base, rates.at, list(told), list(told.values())))

    def newest_of(self, source: str) -> FxRates | None:
        """The newest table of a source."""
        rows = self._connection.execute(_NEWEST, {"source": source}).fetchall()
        if not rows:
            return None
        base, at = rows[0][:2]
        return FxRates(source=source, base=AssetId(base), at=at, rates={AssetId(row[2]): row[3] for row in rows})

    def checked(self) -> tuple[CheckedRate, ...]:
        """What the last comparison gave, by currency."""
        return self.page(after="", limit=EVERY)

    def page(self, *, after: str, limit: int) -> tuple[CheckedRate, ...]:
        """So many of them after a currency."""
        return tuple(map(_checked, self._connection.execute(_PAGE, (after, limit)).fetchall()))

    def keep(self, rates: Sequence[CheckedRate], at: datetime) -> None:
        """Keep a comparison; one that was made later stays."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_KEEP, [(*_row(rate), at) for rate in rates])

    def latest(self) -> FxRates | None:
        """The rates to value with: those that the comparison lets be used, of the time of the newest."""
        rows = self._connection.execute(_USED).fetchall()
        if not rows:
            return None
        rates = {AssetId(currency): rate for currency, rate, _ in rows}
        return FxRates(source=CHECKED, base=DOLLAR, at=max(at for _, _, at in rows), rates=rates)


@contextmanager
def fx_books(database: Database) -> Iterator[PostgresFxStore]:
    """A transaction that holds the tables."""
    with database.transaction() as connection:
        yield PostgresFxStore(connection)


class RememberedFxTable:
    """The rates to value with, asked for once a minute and otherwise remembered by the process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._table: FxRates | None = None
        self._read_at: datetime | None = None

    def latest(self) -> FxRates | None:
        """The newest rates; the remembered ones while the database does not answer."""
        now = self._clock.now()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < KEEP:
            self._read_at = now
            self._read()
        return self._table

    def _read(self) -> None:
        try:
            with self._database.transaction() as connection:
                self._table = PostgresFxStore(connection).latest()
        except Unavailable:
            return


def _row(rate: CheckedRate) -> tuple[object, ...]:
    head = (rate.currency, rate.state.value, rate.rate, rate.source, rate.at)
    return (*head, *_columns(rate.other), *_columns(rate.first), rate.deviation_ratio, rate.used, rate.differs_since)


def _columns(told: Told | None) -> tuple[object, object, object]:
    return (told.source, told.rate, told.at) if told else (None, None, None)


def _checked(row: tuple[Any, ...]) -> CheckedRate:
    return CheckedRate(
        currency=AssetId(row[0]),
        state=RateState(row[1]),
        rate=row[2],
        source=row[3],
        at=row[4],
        other=_told(row[5:8]),
        first=_told(row[8:11]),
        deviation_ratio=row[11],
        used=row[12],
        differs_since=row[13],
    )


def _told(columns: tuple[Any, ...]) -> Told | None:
    source, rate, at = columns
    return None if source is None else Told(source=source, rate=rate, at=at)
