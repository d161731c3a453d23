"""Coinbase's wallets, one transaction list each, read one after another as one stream.

A list comes newest first and names where its next page begins by a transaction, so what happens meanwhile shifts
nothing. A conversion is a row of two wallets: the side that was read first waits in the cursor for the other, and both
are booked as one trade. Trades of the exchange are listed here too; they are told by the fills and left out.

Source: https://docs.cdp.coinbase.com/coinbase-app/track-apis/transactions (…/api-architecture/pagination), 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from nightdesk.accounts.model import Cursor, HistoryPage, Skip
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.venues import coinbase_rows as rows
from nightdesk.adapters.exchange.venues.reading import Code, Row, booked, code_of, object_of, rows_of, sorted_out
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import parse_amount
from nightdesk.ledger.model import Fact

VENUE: Final = VenueId("coinbase")
PAGE_ROWS: Final = 100
OVERLAP: Final = timedelta(days=1)
APART: Final = timedelta(hours=1)
"""The sides of a deal are listed seconds apart: one that is alone so near to where this reading began is of a deal
that an earlier one has booked."""

_WEIGHT: Final = 10
"""10,000 an hour and key, where other calls are 30 a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the reading stands; what a cursor holds.

    Attributes:
        wallet: The one that is being read; empty before the first.
        after: Its last transaction that was read.
        since: Nothing older than this is read.
        newest: The newest transaction of all wallets so far.
        held: The oldest that may still come to something.
        halves: Sides of deals whose other side was not met yet.
    """

    wallet: str = ""
    after: str = ""
    since: datetime | None = None
    newest: datetime | None = None
    held: datetime | None = None
    halves: dict[str, rows.Half] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: Cursor) -> _Place:
        times = {name: parse_instant(str(cursor[name])) for name in ("since", "newest", "held") if cursor.get(name)}
        kept = json.loads(str(cursor.get("halves") or "{}"))
        return cls(
            wallet=str(cursor.get("wallet") or ""),
            after=str(cursor.get("after") or ""),
            halves={deal: _half(deal, *side) for deal, side in kept.items()},
            **times,
        )

    def cursor(self) -> Cursor:
        times = {"since": self.since, "newest": self.newest, "held": self.held}
        kept = {deal: [side.asset, str(side.amount), side.at] for deal, side in self.halves.items()}
        return {
            "wallet": self.wallet,
            "after": self.after,
            **{name: format_instant(at) for name, at in times.items() if at is not None},
            "halves": json.dumps(kept),
        }

    def marked(self, fresh: Sequence[Row]) -> _Place:
        """The same place, knowing of these rows too."""
        seen = [at for row in fresh if (at := _at(row)) is not None]
        pending = [at for row in fresh if rows.is_pending(row) and (at := _at(row)) is not None]
        newest, held = [*seen, *_known(self.newest)], [*pending, *_known(self.held)]
        return replace(self, newest=max(newest, default=None), held=min(held, default=None))

    def again(self) -> Cursor:
        """The next reading begins a day before the newest, or at the oldest that is still pending."""
        newest = [self.newest - OVERLAP] if self.newest is not None else []
        again = min([*newest, *_known(self.held)], default=self.since)
        return {} if again is None else {"since": format_instant(again)}


def _known(at: datetime | None) -> list[datetime]:
    return [] if at is None else [at]


def _half(deal: str, asset: str, amount: str, at: str) -> rows.Half:
    return rows.Half(deal=deal, asset=AssetId(asset), amount=parse_amount(amount), at=at)


async def page(client: VenueClient, wallets: Sequence[str], cursor: Cursor) -> HistoryPage:
    """One page of one wallet's transactions.

    Args:
        client: With the account's key.
        wallets: Their ids, sorted.
        cursor: Where the last page ended.
    """
    place = _Place.of(cursor)
    left = [wallet for wallet in wallets if wallet >= place.wallet]
    if not left:
        return _ended(place, [])
    if left[0] != place.wallet:  # the first of all, or the next one after a wallet that is gone
        place = replace(place, wallet=left[0], after="")
    listed, following = await _listed(client, place)
    fresh = [row for row in listed if _is_due(row, place)]
    found, place = _taken(client, fresh, place.marked(fresh))
    if following and len(fresh) == len(listed):
        return _going_on(replace(place, after=following), found, 1 - len(left) / len(wallets))
    if len(left) > 1:
        return _going_on(replace(place, wallet=left[1], after=""), found, 1 - (len(left) - 1) / len(wallets))
    return _ended(place, found)


async def _listed(client: VenueClient, place: _Place) -> tuple[list[Row], str]:
    """A page of a wallet, and the last transaction of it if there are more."""
    ask: dict[str, str | int] = {"account_id": place.wallet, "limit": str(PAGE_ROWS)}
    if place.after:
        ask["starting_after"] = place.after
    method = "v2_private_get_accounts_account_id_transactions"
    said = object_of(await client.call(method, ask, weight=0, account_weight=_WEIGHT))
    pagination: Any = said.get("pagination") or {}
    return rows_of(said.get("data")), str(pagination.get("next_starting_after") or "")


def _at(row: Row) -> datetime | None:
    try:
        return parse_instant(str(row.get("created_at")))
    except InvalidInput:
        return None


def _is_due(row: Row, place: _Place) -> bool:
    at = _at(row)
    return at is None or place.since is None or at >= place.since


def _taken(client: VenueClient, fresh: Sequence[Row], place: _Place) -> tuple[list[Fact | Skip], _Place]:
    """What the rows say, and the sides of deals that now wait."""
    halves = dict(place.halves)
    told = (row for row in reversed(fresh) if row.get("type") != rows.TOLD_BY_FILLS and not rows.is_pending(row))
    met = (_met(client, row, code_of(client), halves) for row in told)
    found = [result for result in met if result is not None]
    return found, replace(place, halves=halves)


def _met(client: VenueClient, row: Row, code: Code, halves: dict[str, rows.Half]) -> Fact | Skip | None:
    side = rows.half(row, code)
    if side is None:
        return rows.transaction(row, code)
    other = halves.pop(side.deal, None)
    if other is None:
        halves[side.deal] = side
        return None
    given, taken = sorted((side, other), key=lambda one: one.amount)
    market = _market(client, given.asset, taken.asset)
    return booked(f"conversion:{side.deal}", row, lambda: rows.conversion(given, taken, market))


def _market(client: VenueClient, given: AssetId, taken: AssetId) -> Instrument:
    """The market of the two where there is one; else what was taken, in what was given."""
    if f"{given}/{taken}" in client.raw.markets:
        return Instrument(VENUE, given, taken)
    return Instrument(VENUE, taken, given)


def _going_on(place: _Place, found: Iterable[Fact | Skip], done_ratio: float) -> HistoryPage:
    return _page(found, place.cursor(), finished=False, done_ratio=done_ratio)


def _ended(place: _Place, found: Iterable[Fact | Skip]) -> HistoryPage:
    """What is left alone at the end will not find its other side."""
    edge = None if place.since is None else place.since + APART
    alone = (side for side in place.halves.values() if edge is None or parse_instant(side.at) >= edge)
    return _page([*found, *map(rows.single, alone)], place.again(), finished=True, done_ratio=1.0)


def _page(found: Iterable[Fact | Skip], cursor: Cursor, *, finished: bool, done_ratio: float) -> HistoryPage:
    facts, skips = sorted_out(found)
    in_order = tuple(sorted(facts, key=lambda fact: fact.occurred_at))
    return HistoryPage(facts=in_order, skips=skips, cursor=cursor, finished=finished, done_ratio=done_ratio)
