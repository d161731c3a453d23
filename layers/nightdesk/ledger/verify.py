"""Check that a chain is whole: nothing altered, removed, inserted or moved since it was written.

`python -m nightdesk.ledger.verify FILE` checks an exported ledger with nothing but Python.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.anchors import Anchor
from nightdesk.ledger.chain import entry_hash
from nightdesk.ledger.export_check import Altered, check, summary
from nightdesk.ledger.model import ChainReport, Entry, Head

GAP = "gap"  # an entry is missing, or stands twice
ALTERED = "altered"  # the content doesn't give the stored hash
UNLINKED = "unlinked"  # it doesn't follow the entry before it
FOREIGN = "foreign"  # it belongs to another account
ANCHOR = "anchor"  # it is not the chain that was signed
HEAD = "head"  # entries are missing at the end, or were added behind the ledger's back


def verify_chain(
    tenant_id: TenantId, account_id: AccountId, entries: Iterable[Entry], head: Head, anchors: Sequence[Anchor] = ()
) -> ChainReport:
    """Read a chain from its start and name the first place at which it doesn't hold.

    Args:
        tenant_id: Whose chain it is.
        account_id: Whose chain it is.
        entries: In the order of their sequence.
        head: Where the ledger says the chain ends, of the same moment as the entries.
        anchors: Signed heads of it.
    """
    signed = {anchor.sequence: anchor for anchor in anchors}
    reached, last = Head(), None
    for entry in entries:
        if reason := _broken(entry, reached, tenant_id, account_id):
            return _report(account_id, reached, reached.sequence + 1, reason, last)
        if (anchor := signed.get(entry.sequence)) is not None:
            if not anchor.holds or anchor.hash != entry.hash:
                return _report(account_id, reached, (last.sequence if last else 0) + 1, ANCHOR, last)
            last = anchor
        reached = Head(entry.sequence, entry.hash)
    if reached != head:
        return _report(account_id, reached, min(reached.sequence, head.sequence) + 1, HEAD, last)
    if any(sequence > reached.sequence for sequence in signed):
        return _report(account_id, reached, reached.sequence + 1, ANCHOR, last)
    return _report(account_id, reached, None, None, last)


def _broken(entry: Entry, reached: Head, tenant_id: TenantId, account_id: AccountId) -> str | None:
    if entry.sequence != reached.sequence + 1:
        return GAP
    if entry.previous_hash != reached.hash:
        return UNLINKED
    if entry_hash(entry) != entry.hash:
        return ALTERED
    if entry.tenant_id != tenant_id or entry.account_id != account_id:
        return FOREIGN
    return None


def _report(
    account_id: AccountId, reached: Head, broken: int | None, reason: str | None, last: Anchor | None
) -> ChainReport:
    return ChainReport(
        account_id=account_id,
        entries=reached.sequence,
        head_hash=reached.hash,
        ok=broken is None,
        first_broken_sequence=broken,
        reason=reason,
        anchored=last.sequence if last else 0,
        anchored_at=last.anchored_at if last else None,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Check an exported file; tell what was found as one line of JSON.

    Returns:
        0 if it is whole, 1 if it was altered, 2 if it can't be read.
    """
    parser = argparse.ArgumentParser(prog="python -m nightdesk.ledger.verify", description="Check an exported ledger.")
    parser.add_argument("file", type=Path, help="the export; also compressed, as .gz")
    parser.add_argument("--key", help="fingerprint of the only key whose signatures count")
    asked = parser.parse_args(arguments)
    open_file = gzip.open if asked.file.suffix == ".gz" else Path.open
    try:
        with open_file(asked.file, "rb") as lines:
            found = summary(check(lines, asked.key))
    except Altered as altered:
        print(json.dumps({"ok": False, "altered": str(altered)}))  # noqa: T201 - a command
        return 1
    except OSError as error:
        print(json.dumps({"ok": False, "unreadable": str(error)}), file=sys.stderr)  # noqa: T201 - a command
        return 2
    print(json.dumps({"ok": True, **found}))  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
