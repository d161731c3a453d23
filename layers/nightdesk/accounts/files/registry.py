"""Every format that is known, and the one a file is written in."""

from __future__ import annotations

import hashlib
from typing import Final

from nightdesk.accounts.files import binance, binance_statement, cointracker, cointracking, koinly, rotki
from nightdesk.accounts.files.model import FileFormat, Table
from nightdesk.accounts.files.table import normalised

FORMATS: Final[tuple[FileFormat, ...]] = (
    koinly.FULL,
    koinly.UNIVERSAL,
    koinly.SIMPLE,
    cointracking.VALUES,
    cointracking.TRADES,
    rotki.TRADES,
    rotki.EVENTS,
    cointracker.UNIVERSAL,
    binance.TRADES,
    binance.OLD_TRADES,
    binance.TRANSFERS,
    binance_statement.STATEMENT,
)
"""The more particular before the more general: the first that fits is the one."""


def detect(table: Table) -> FileFormat | None:
    """The format whose header the table has."""
    header = normalised(table.header)
    return next((each for each in FORMATS if each.fits(header)), None)


def fingerprint(table: Table) -> str:
    """What identifies a header, whatever its case, spaces or delimiter."""
    return hashlib.sha256("\x1f".join(normalised(table.header)).encode()).hexdigest()
