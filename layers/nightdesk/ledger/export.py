r"""A ledger as a text file that anybody can check offline with `python -m nightdesk.ledger.verify FILE`.

Source: the form is ours, version 1. One line each, words separated by single spaces:

    nightdesk.ledger.v1 <tenant> <known on, or `now`>
    account <account>
    anchor <sequence> <hash> <instant> <signature> <modulus>:<exponent>      (the newest, oldest first)
    entry <hash> <canonical bytes of the entry>                              (by sequence, from 1)
    end <account> <sequence> <hash>
    done <accounts>

Hashes and signatures are hexadecimal. An entry's hash is SHA-256 over the hash of the entry before (32 zero bytes for
the first) and its canonical bytes, which name tenant, account and sequence: nothing else needs to be believed. The
file holds nothing that depends on when it was written: as known on an instant it is the same for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.instants import format_instant
from nightdesk.ledger.anchors import Anchor
from nightdesk.ledger.chain import canonical_bytes
from nightdesk.ledger.model import Entry, Head

FORM: Final = "nightdesk.ledger.v1"
ANCHORS_MAX: Final = 50
"""So many of the newest anchors of an account are in its file; each one covers everything before it."""


def opening_line(tenant_id: TenantId, known_on: datetime | None) -> str:
    """The first line."""
    return f"{FORM} {tenant_id} {'now' if known_on is None else format_instant(known_on)}"


def account_lines(account_id: AccountId, anchors: Sequence[Anchor]) -> Iterator[str]:
    """What stands before an account's entries."""
    yield f"account {account_id}"
    for anchor in anchors:
        signed_at = format_instant(anchor.anchored_at)
        yield f"anchor {anchor.sequence} {anchor.hash.hex()} {signed_at} {anchor.signature.hex()} {anchor.key}"


def entry_line(entry: Entry) -> str:
    """An entry."""
    return f"entry {entry.hash.hex()} {canonical_bytes(entry).decode('ascii')}"


def end_line(account_id: AccountId, head: Head) -> str:
    """What stands after an account's entries."""
    return f"end {account_id} {head.sequence} {head.hash.hex()}"


def closing_line(accounts: int) -> str:
    """The last line."""
    return f"done {accounts}"
