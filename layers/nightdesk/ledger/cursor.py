"""The opaque text that means a place in the ledger."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.ledger.model import Entry, Place

_LENGTH_MAX = 400
_SEQUENCE_MAX = 2**63 - 1


def place_of(entry: Entry) -> Place:
    """Where the entry stands in the reading order."""
    return Place(entry.fact.occurred_at, entry.account_id, entry.sequence)


def encode_cursor(place: Place) -> str:
    """The place as base64url text without padding."""
    content = [format_instant(place.occurred_at), str(place.account_id), place.sequence]
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> Place:
    """The place that a cursor means.

    Raises:
        InvalidInput: Nobody here made this cursor.
    """
    try:
        return _decode(cursor)
    except (ValueError, TypeError, AttributeError, RecursionError, InvalidInput):
        raise InvalidInput("ledger.cursor_malformed", "The cursor is not one of ours.") from None


def _decode(cursor: str) -> Place:
    if len(cursor) > _LENGTH_MAX:
        raise ValueError(len(cursor))
    occurred_at, account_id, sequence = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    if type(sequence) is not int or not 0 < sequence <= _SEQUENCE_MAX:
        raise ValueError(sequence)
    return Place(parse_instant(occurred_at), AccountId(UUID(account_id)), sequence)
