"""Exports a ledger in parts small enough for one answer; put together, they are the file of `ledger.export`."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.export import ANCHORS_MAX, account_lines, closing_line, end_line, entry_line, opening_line
from nightdesk.ledger.model import Head
from nightdesk.ledger.ports import LedgerReads, LedgerStore

PART_BYTES: Final = 3_000_000
"""A part ends after so much: an answer may have 6 MB, and quotes are escaped in it."""

_STRETCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportQuery:
    """What is exported; `known_on` leaves out what was recorded later."""

    account_id: AccountId | None = None
    known_on: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPart:
    """Lines of the file, in their order.

    Attributes:
        next_cursor: Give it back for the following part; None with the last line.
    """

    lines: tuple[str, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    """How far the file has come: in which account, after which entry, how many accounts are done."""

    account_id: AccountId
    after: int
    done: int


class ExportService:
    """Writes exports."""

    def __init__(self, reads: LedgerReads, part_bytes: int = PART_BYTES) -> None:
        self._reads = reads
        self._part_bytes = part_bytes

    def part(self, tenant_id: TenantId, wanted: ExportQuery, cursor: str | None = None) -> ExportPart:
        """The file's next part; each begins where the one before ended, however much is recorded meanwhile.

        Raises:
            InvalidInput: The cursor is not ours.
        """
        place = None if cursor is None else _decode(cursor)
        with self._reads(tenant_id) as store:
            writing = _Writing(store, tenant_id, wanted, self._part_bytes)
            return writing.part(place)


class _Writing:
    """One part while it is written."""

    def __init__(self, store: LedgerStore, tenant_id: TenantId, wanted: ExportQuery, part_bytes: int) -> None:
        self._store, self._tenant, self._wanted, self._room = store, tenant_id, wanted, part_bytes
        self._lines: list[str] = []

    def part(self, place: _Place | None) -> ExportPart:
        done, after = (place.done, place.after) if place else (0, 0)
        if place is None:
            self._write(opening_line(self._tenant, self._wanted.known_on))
        for account_id in self._accounts(place):
            if self._room <= 0:
                return self._ended(_Place(account_id, 0, done))
            head = self._store.known_head(self._tenant, account_id, self._wanted.known_on)
            if not head.sequence:
                continue
            reached = self._account(account_id, after, head)
            if reached is not None:
                return self._ended(_Place(account_id, reached, done))
            done, after = done + 1, 0
        self._write(closing_line(done))
        return self._ended(None)

    def _accounts(self, place: _Place | None) -> Iterator[AccountId]:
        chosen = self._wanted.account_id
        accounts = self._store.accounts(self._tenant) if chosen is None else (chosen,)
        for account_id in accounts:
            if place is None or account_id >= place.account_id:
                yield account_id

    def _account(self, account_id: AccountId, after: int, head: Head) -> int | None:
        """Write on with the account; the last entry written if it is not done."""
        if not after:
            anchors = self._store.anchors(self._tenant, account_id, self._wanted.known_on, ANCHORS_MAX)
            for line in account_lines(account_id, [each for each in anchors if each.sequence <= head.sequence]):
                self._write(line)
        while after < head.sequence:
            wanted = min(_STRETCH, head.sequence - after)
            for entry in self._store.stretch(self._tenant, account_id, after, wanted):
                self._write(entry_line(entry))
            after += wanted
            if self._room <= 0 and after < head.sequence:
                return after
        self._write(end_line(account_id, head))
        return None

    def _write(self, line: str) -> None:
        self._lines.append(line)
        self._room -= len(line)

    def _ended(self, place: _Place | None) -> ExportPart:
        return ExportPart(lines=tuple(self._lines), next_cursor=None if place is None else _encode(place))


def _encode(place: _Place) -> str:
    content = json.dumps([str(place.account_id), place.after, place.done])
    return urlsafe_b64encode(content.encode()).decode().rstrip("=")


def _decode(cursor: str) -> _Place:
    try:
        account_id, after, done = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place = _Place(AccountId(UUID(account_id)), after, done)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise _malformed() from None
    if not (type(after) is type(done) is int and after >= 0 and done >= 0):
        raise _malformed()
    return place


def _malformed() -> InvalidInput:
    return InvalidInput("ledger.cursor_malformed", "The cursor is not one of ours.")
