"""Opens a file by what it is, not by its name: the first bytes tell."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from nightdesk.adapters.marketdata.candle_files.columnar import read_feather, read_parquet
from nightdesk.adapters.marketdata.candle_files.text import read_csv, read_json
from nightdesk.candles.files.model import Table
from nightdesk.kernel.errors import InvalidInput

BYTES_MAX: Final = 1 << 30
"""A file may be so long once it is unpacked: a year of minutes of one market has 60 MB."""

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_FEATHER: Final = b"ARROW1"
_OLD_FEATHER: Final = b"FEA1"
_PARQUET: Final = b"PAR1"


def open_tables(path: Path) -> Iterator[Table]:
    """The tables of a file: one, or one for each file in a ZIP.

    Raises:
        InvalidInput: It can't be read, is damaged, or is not what its `.CHECKSUM` beside it says.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput("candle_files.unreadable", f"{path.name} can't be read: {error.strerror}.") from error
    fingerprint = hashlib.sha256(content).hexdigest()
    _require_checksum(path, fingerprint)
    try:
        yield from _tables(path.name, content, fingerprint)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, UnicodeDecodeError, ValueError) as error:
        raise InvalidInput("candle_files.damaged", f"{path.name} is damaged: {error}.") from error


def _require_checksum(path: Path, fingerprint: str) -> None:
    """Binance lays `<name>.CHECKSUM` beside each file: SHA-256 and the name."""
    beside = path.with_name(f"{path.name}.CHECKSUM")
    if beside.is_file() and beside.read_text().split()[:1] != [fingerprint]:
        raise InvalidInput("candle_files.checksum", f"{path.name} is not the file that {beside.name} tells of.")


def _tables(name: str, content: bytes, fingerprint: str) -> Iterator[Table]:
    if content.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for member in (each for each in packed.infolist() if not each.is_dir()):
                with packed.open(member) as stream:
                    yield from _tables(
                        f"{name}/{member.filename}", _unpacked(name, stream.read(BYTES_MAX + 1)), fingerprint
                    )
        return
    if content.startswith(_GZIP):
        with gzip.open(io.BytesIO(content)) as stream:
            yield from _tables(name, _unpacked(name, stream.read(BYTES_MAX + 1)), fingerprint)
        return
    yield _table(name, content, fingerprint)


def _unpacked(name: str, content: bytes) -> bytes:
    if len(content) > BYTES_MAX:
        raise InvalidInput("candle_files.too_long", f"{name} is longer than {BYTES_MAX >> 20} MiB once it is unpacked.")
    return content


def _table(name: str, content: bytes, fingerprint: str) -> Table:
    if content.startswith(_OLD_FEATHER):
        raise InvalidInput("candle_files.feather_1", f"{name} is feather of version 1; write it anew as version 2.")
    if content.startswith(_FEATHER):
        columns, rows = read_feather(content)
    elif content.startswith(_PARQUET):
        columns, rows = read_parquet(content)
    elif content.lstrip()[:1] in {b"[", b"{"}:
        columns, rows = read_json(content)
    else:
        columns, rows = read_csv(content)
    return Table(name, columns, rows, fingerprint)
