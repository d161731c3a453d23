"""Feather and parquet, by polars; it is loaded when such a file comes and is not part of the services' images."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from nightdesk.candles.files.model import Row
from nightdesk.kernel.errors import InvalidInput

Content = tuple[tuple[str, ...] | None, Sequence[Row]]
"""The columns' names, and the rows by number."""


def read_feather(content: bytes) -> Content:
    """A feather file of version 2.

    Raises:
        InvalidInput: It is damaged, or polars is not installed.
    """
    return _rows(_polars(), "read_ipc", content)


def read_parquet(content: bytes) -> Content:
    """A parquet file.

    Raises:
        InvalidInput: It is damaged, or polars is not installed.
    """
    return _rows(_polars(), "read_parquet", content)


def _polars() -> ModuleType:
    try:
        return import_module("polars")  # 175 MB that only these two formats need
    except ModuleNotFoundError:
        message = "Feather and parquet are read by polars: install requirements/candle_files.txt."
        raise InvalidInput("candle_files.polars_missing", message) from None


def _rows(polars: ModuleType, reader: str, content: bytes) -> Content:
    try:
        frame: Any = getattr(polars, reader)(io.BytesIO(content))
        frame = frame.with_columns(polars.col(polars.Datetime).dt.cast_time_unit("us"))
        return tuple(frame.columns), [(number + 1, row) for number, row in enumerate(frame.iter_rows())]
    except polars.exceptions.PolarsError as error:
        raise InvalidInput("candle_files.damaged", f"The file is damaged: {str(error)[:200]}.") from error
