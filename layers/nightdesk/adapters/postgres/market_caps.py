"""Market capitalisations and all-time highs in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from nightdesk.adapters.postgres.caps_history import keep_listing
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.reference_sources import PostgresSourceStates
from nightdesk.kernel.assets import AssetId
from nightdesk.markets.caps import CapId, High, Listing, MappedBy, MarketCap, Unmapped

_TAKE: Final = """
    INSERT INTO market_cap_hours AS taken (hour, taken_at) VALUES (%(hour)s, %(now)s)
    ON CONFLICT (hour) DO UPDATE SET taken_at = excluded.taken_at
    WHERE NOT taken.done AND taken.taken_at < %(before)s
    RETURNING true
"""
_GIVE_BACK: Final = "UPDATE market_cap_hours SET taken_at = '-infinity' WHERE hour = %s AND NOT done"
_DONE: Final = "UPDATE market_cap_hours SET done = true WHERE hour = %s"
_COLUMNS: Final = (
    "cap_id", "rank", "symbol", "name", "slug", "price", "market_cap", "circulating_supply", "volume_day",
    "change_day_ratio", "stable", "updated_at", "high", "high_at", "high_known_since", "asset", "mapped_by", "unmapped",
)  # fmt: skip
_ALL: Final = ", ".join(_COLUMNS)
_KEEP: Final = f"""
    INSERT INTO market_caps AS known ({_ALL}, listed_at) VALUES ({", ".join(["%s"] * (len(_COLUMNS) + 1))})
    ON CONFLICT (cap_id) DO UPDATE SET {", ".join(f"{each} = excluded.{each}" for each in (*_COLUMNS[1:], "listed_at"))}
    WHERE known.listed_at <= excluded.listed_at
"""  # noqa: S608
_LISTED: Final = f"SELECT {_ALL} FROM market_caps WHERE listed_at = (SELECT max(listed_at) FROM market_caps)"  # noqa: S608
_PAGE: Final = f"{_LISTED} AND (rank, cap_id) > (%s, %s) ORDER BY rank, cap_id LIMIT %s"
_OF_ASSETS: Final = f"{_LISTED} AND asset = ANY(%s) ORDER BY rank"


class PostgresCapBook:
    """`CapBook` and `CapReads`; they belong to no tenant."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def sources(self) -> PostgresSourceStates:
        """How the sources are."""
        return PostgresSourceStates(self._connection)

    def take_hour(self, hour: datetime, now: datetime, give_up_before: datetime) -> bool:
        """Take the hour down; False where it was done already, or is being done by another since then."""
        wanted = {"hour": hour, "now": now, "before": give_up_before}
        return self._connection.execute(_TAKE, wanted).fetchone() is not None

    def end_hour(self, hour: datetime, *, done: bool) -> None:
        """It was done, or may be tried again."""
        self._connection.execute(_DONE if done else _GIVE_BACK, (hour,))

    def highs(self) -> Mapping[CapId, High]:
        """The highs that are known, of every coin that was ever listed."""
        rows = self._connection.execute("SELECT cap_id, high, high_at, high_known_since FROM market_caps").fetchall()
        return {CapId(number): High(price=price, at=at, known_since=since) for number, price, at, since in rows}

    def keep(self, caps: Sequence[MarketCap], at: datetime) -> None:
        """Keep these as the present listing; coins that are listed no more keep their highs only."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_KEEP, [(*_row(cap), at) for cap in caps])
        keep_listing(self._connection, caps, at)

    def page(self, *, after: tuple[int, int], limit: int) -> tuple[MarketCap, ...]:
        """Coins by rank, then number, after those of one."""
        return tuple(map(_cap, self._connection.execute(_PAGE, (*after, limit)).fetchall()))

    def of_assets(self, assets: Sequence[AssetId]) -> tuple[MarketCap, ...]:
        """Those that are known to be one of these assets."""
        return tuple(map(_cap, self._connection.execute(_OF_ASSETS, (list(assets),)).fetchall()))


@contextmanager
def cap_books(database: Database) -> Iterator[PostgresCapBook]:
    """A transaction that holds the listings."""
    with database.transaction() as connection:
        yield PostgresCapBook(connection)


def _row(cap: MarketCap) -> tuple[object, ...]:
    listing, high = cap.listing, cap.high
    return (
        listing.cap_id, listing.rank, listing.symbol, listing.name, listing.slug, listing.price, listing.market_cap,
        listing.circulating_supply, listing.volume_day, listing.change_day_ratio, listing.stable, listing.updated_at,
        high.price, high.at, high.known_since, cap.asset, cap.mapped_by, cap.unmapped,
    )  # fmt: skip


def _cap(row: tuple[Any, ...]) -> MarketCap:
    told = dict(zip(_COLUMNS, row, strict=True))
    mapped_by, unmapped = told["mapped_by"], told["unmapped"]
    return MarketCap(
        listing=_listing(told),
        high=High(price=told["high"], at=told["high_at"], known_since=told["high_known_since"]),
        asset=None if told["asset"] is None else AssetId(told["asset"]),
        mapped_by=MappedBy(mapped_by) if mapped_by else None,
        unmapped=Unmapped(unmapped) if unmapped else None,
    )


def _listing(told: Mapping[str, Any]) -> Listing:
    return Listing(cap_id=CapId(told["cap_id"]), **{name: told[name] for name in _COLUMNS[1:12]})
