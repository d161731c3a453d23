"""The errors and reasons of files, by code; each message is one sentence for a person."""

from __future__ import annotations

from typing import Final

from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound, TooLarge

NUMBER_MALFORMED: Final = "files.number_malformed"
NUMBER_AMBIGUOUS: Final = "files.number_ambiguous"
INSTANT_MALFORMED: Final = "files.instant_malformed"
INSTANT_TWICE: Final = "files.instant_twice"
INSTANT_NEVER: Final = "files.instant_never"
ASSET_MALFORMED: Final = "files.asset_malformed"
NOTHING_MOVED: Final = "files.nothing_moved"
KIND_UNKNOWN: Final = "files.kind_unknown"
CELLS_MISSING: Final = "files.cells_missing"
SIDES_UNCLEAR: Final = "files.sides_unclear"
NOT_COMPLETED: Final = "files.not_completed"
WITHIN_ACCOUNT: Final = "files.within_account"
EMPTY_ROW: Final = "files.empty_row"
LABEL_IGNORED: Final = "files.label_ignored"
SOURCE_PRECEDES: Final = "files.source_precedes"


class RowRefused(Exception):
    """A row that can't be read; carries the reason's code and what is wrong with it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class RowSkipped(Exception):
    """A row that is read and rightly left out; carries the reason's code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def not_found() -> NotFound:
    """No such file for this tenant."""
    return NotFound("files.not_found", "There is no such file.")


def mapping_not_found() -> NotFound:
    """No such mapping for this tenant."""
    return NotFound("files.mapping_not_found", "There is no such mapping.")


def not_text() -> InvalidInput:
    """The bytes are no text."""
    return InvalidInput("files.not_text", "This is not a text file. Export it as CSV.")


def no_header() -> InvalidInput:
    """No row that could be the header."""
    return InvalidInput("files.no_header", "The file has no header with at least two columns.")


def too_large(bytes_max: int) -> TooLarge:
    """Over the size that is taken."""
    return TooLarge("files.too_large", f"A file may have at most {bytes_max} bytes. Split it by year.")


def too_many_rows(rows_max: int) -> TooLarge:
    """Over the number of rows that is taken."""
    return TooLarge("files.too_many_rows", f"A file may have at most {rows_max} rows. Split it by year.")


def chunk_malformed() -> InvalidInput:
    """A piece of a file that isn't what was announced."""
    return InvalidInput("files.chunk_malformed", "This piece of the file is not what was announced.")


def incomplete() -> Conflict:
    """Pieces are missing, or the whole is not what was announced."""
    return Conflict("files.incomplete", "The file has not arrived whole. Upload it again.")


def format_unknown() -> Conflict:
    """Nobody knows the header, and no mapping says what it means."""
    return Conflict("files.format_unknown", "The columns are not known. Say what they mean first.")


def zone_needed() -> Conflict:
    """The file doesn't say its time zone, and nothing proves it."""
    return Conflict("files.zone_needed", "Say in which time zone the times of this file are.")


def zone_unknown(name: str) -> InvalidInput:
    """No such time zone."""
    return InvalidInput("files.zone_unknown", f"{name[:60]!r} is not a time zone.")


def already_committed() -> Conflict:
    """The file is being imported, or was."""
    return Conflict("files.already_committed", "This file is being imported already.")


def mapping_malformed(detail: str) -> InvalidInput:
    """A mapping that doesn't say what a row means."""
    return InvalidInput("files.mapping_malformed", detail)


def export_unknown(name: str) -> NotFound:
    """No such format to export in."""
    return NotFound("files.export_unknown", f"{name[:40]!r} is not a format that can be exported.")
