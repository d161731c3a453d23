"""Instants as files write them: with an offset, as numbers since 1970, or in a zone that was promised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from nightdesk.candles.files.model import Cell, FileTerms
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import EPOCH

_MICROSECOND: Final = timedelta(microseconds=1)
# Numbers since 1970 below these are seconds, milliseconds and microseconds (Binance since 2025), beyond nanoseconds:
# read otherwise each would lie before 1974 or after 5100.
_UNITS: Final = ((10**11, Decimal(10) ** 6), (10**14, Decimal(10) ** 3), (10**17, Decimal(1)))
_NANOSECOND: Final = Decimal("0.001")
_NUMBER: Final = frozenset("0123456789.")


class ZoneNeeded(InvalidInput):
    """Instants stand in the file that mean nothing without a zone."""


def read_instant(cell: Cell, terms: FileTerms) -> datetime:
    """The instant, in UTC.

    Raises:
        ZoneNeeded: It has no offset and no zone was promised.
        InvalidInput: It is no instant, or one that the zone's clocks never or twice showed.
    """
    if isinstance(cell, datetime):
        return _placed(cell, terms)
    text = str(cell).strip() if cell is not None else ""
    if terms.date_format is not None:
        return _formatted(text, terms.date_format, terms)
    if text and _NUMBER.issuperset(text) and (len(text.partition(".")[0]) > len("20120131")):
        return _since_1970(text)
    try:
        return _placed(datetime.fromisoformat(text.replace(".", "-", 2) if _is_dotted(text) else text), terms)
    except ValueError:
        raise InvalidInput("candle_files.instant", f"{text[:40]!r} is no instant") from None


def _is_dotted(text: str) -> bool:
    return text[4:5] == "." and text[7:8] == "."  # 2012.01.31, as MetaTrader writes


def _formatted(text: str, date_format: str, terms: FileTerms) -> datetime:
    try:
        return _placed(datetime.strptime(text, date_format), terms)  # noqa: DTZ007 - the zone follows
    except ValueError:
        raise InvalidInput("candle_files.instant", f"{text[:40]!r} is not written as {date_format}") from None


def _since_1970(text: str) -> datetime:
    try:
        number = Decimal(text)
        micros = number * next((factor for limit, factor in _UNITS if number < limit), _NANOSECOND)
        return EPOCH + int(micros) * _MICROSECOND
    except (InvalidOperation, OverflowError):
        raise InvalidInput("candle_files.instant", f"{text[:40]!r} is no instant") from None


def _placed(naive: datetime, terms: FileTerms) -> datetime:
    if naive.tzinfo is not None:
        return naive.astimezone(UTC)
    if terms.zone is None:
        raise ZoneNeeded(
            "candle_files.zone_needed",
            "The file's instants name no offset from UTC: say in which zone they are written.",
        )
    early, late = (naive.replace(tzinfo=terms.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early != late:
        what = "twice" if early < late else "never"
        raise InvalidInput("candle_files.instant", f"the clocks of {terms.zone} {what} showed {naive.isoformat(' ')}")
    return early
