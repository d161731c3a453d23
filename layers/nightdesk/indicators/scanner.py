"""Reads an expression's text piece by piece; what a piece may be depends on where it stands."""

from __future__ import annotations

import re
from typing import Final

from nightdesk.indicators.errors import ExpressionError

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
NUMBER: Final = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?(?![A-Za-z0-9_])")
TARGET: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*:[^\s,()]+")
RESOLUTION: Final = re.compile(r"\d{1,3}[A-Za-z](?![A-Za-z0-9_])")
ASSET: Final = re.compile(r"[^\s,()]+")
_SPACE: Final = re.compile(r"\s*")
_SHOWN_MAX: Final = 20


class Scanner:
    """Where in a text reading stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.skip()

    @property
    def position(self) -> int:
        """Of the next character that is no space."""
        return self._at

    @property
    def ended(self) -> bool:
        """Whether everything is read."""
        return self._at == len(self._text)

    def skip(self) -> None:
        """Pass over spaces."""
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it always matches

    def sees(self, pattern: re.Pattern[str]) -> str | None:
        """What comes next, if it is of this kind; it stays unread."""
        found = pattern.match(self._text, self._at)
        return found.group() if found else None

    def take(self, pattern: re.Pattern[str]) -> str | None:
        """Read what comes next, if it is of this kind."""
        found = self.sees(pattern)
        if found is not None:
            self._at += len(found)
            self.skip()
        return found

    def takes(self, mark: str) -> bool:
        """Read the mark, if it comes next."""
        if not self._text.startswith(mark, self._at):
            return False
        self._at += len(mark)
        self.skip()
        return True

    def expect(self, mark: str) -> None:
        """Read the mark.

        Raises:
            ExpressionError: `indicators.syntax`.
        """
        if not self.takes(mark):
            raise self.error(f"{mark!r} is expected{self.found()}")

    def require(self, pattern: re.Pattern[str], what: str) -> str:
        """Read what must come next.

        Raises:
            ExpressionError: `indicators.syntax`.
        """
        found = self.take(pattern)
        if found is None:
            raise self.error(f"{what} is expected{self.found()}")
        return found

    def found(self) -> str:
        """What stands there instead, in words."""
        return ", but the text ends" if self.ended else f" instead of {self._text[self._at :][:_SHOWN_MAX]!r}"

    def error(self, message: str) -> ExpressionError:
        """The text can't be read on from here."""
        return ExpressionError("indicators.syntax", message, self._at)
