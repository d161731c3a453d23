"""What Kraken hands out, by its ledger: staking rewards, airdrops, and what moves between an account's own wallets.

Lines come newest first, fifty a page. An import fixes the newest that it will read; lines that come meanwhile are of
the next one. A line between own wallets is half of a transfer: both halves are of the one asset that we know them as.

Source: https://docs.kraken.com/api/docs/rest-api/get-ledgers, 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from nightdesk.accounts.model import Cursor, HistoryPage, Skip
from nightdesk.adapters.exchange.venues.kraken_rows import SOURCE, instant
from nightdesk.adapters.exchange.venues.reading import Code, Row, asset_of, booked, exact, negative, sorted_out, whole
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole

LEDGER: Final = "ledger:"
STREAMS: Final = (f"{LEDGER}staking", f"{LEDGER}transfer")
PAGE_ROWS: Final = 50
OVERLAP_S: Final = 86_400


def asked(stream: str, cursor: Cursor) -> dict[str, str]:
    """The parameters of a stream's next page."""
    told = {"type": stream.removeprefix(LEDGER), "ofs": str(whole(cursor.get("offset")) or 0)}
    window = {"start": cursor.get("since_s"), "end": cursor.get("until_s")}
    return told | {name: str(value) for name, value in window.items() if value is not None}


def page(lines: Mapping[str, Row], cursor: Cursor, code: Code) -> HistoryPage:
    """A page's facts, and where to go on."""
    rows = sorted(lines.items(), key=lambda named: Decimal(str(named[1]["time"])))
    facts, skips = sorted_out(line(name, row, code) for name, row in rows)
    offset = (whole(cursor.get("offset")) or 0) + len(rows)
    newest_s = whole(cursor.get("until_s"))
    if newest_s is None and rows:
        newest_s = int(Decimal(str(rows[-1][1]["time"]))) + 1
    if len(rows) < PAGE_ROWS:
        since_s = whole(cursor.get("since_s")) if newest_s is None else newest_s - OVERLAP_S
        again: Cursor = {} if since_s is None else {"since_s": since_s}
        return HistoryPage(facts=facts, skips=skips, cursor=again, finished=True, done_ratio=1.0)
    onwards: Cursor = {**cursor, "until_s": newest_s, "offset": offset}
    return HistoryPage(facts=facts, skips=skips, cursor=onwards, finished=False, done_ratio=0.5)


def line(name: str, row: Row, code: Code) -> Fact | Skip:
    """A line of the ledger; its fee was taken off besides."""
    identity = f"ledger:{name}"

    def fact() -> Fact:
        asset, fee = asset_of(row["asset"], code), exact(row["fee"])
        legs = [Leg(role=LegRole.MOVEMENT, asset=asset, amount=exact(row["amount"]))]
        if fee:
            legs.append(Leg(role=LegRole.FEE, asset=asset, amount=negative(fee)))
        return Fact(
            kind=_kind(row), identity=identity, source=SOURCE, occurred_at=instant(row["time"]), legs=tuple(legs)
        )

    return booked(identity, row, fact)


def _kind(row: Row) -> EntryKind:
    if row["type"] == "staking":
        return EntryKind.REWARD
    return EntryKind.TRANSFER if row.get("subtype") else EntryKind.AIRDROP
