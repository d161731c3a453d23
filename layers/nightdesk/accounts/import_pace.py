"""How far an import is, in pages: what its estimate of the time to go is made of."""

from __future__ import annotations

from typing import Final

RATIO_LEAST: Final = 0.01
"""A stream that tells less of where it stands is taken to be here."""


class Pace:
    """Counts the pages that one worker read.

    A stream that was not begun is taken for one page until it is seen. Those that are likely to be long come first, so
    this tells the truth the better the longer an import takes.
    """

    def __init__(self) -> None:
        self._pages: dict[str, int] = {}

    def read(self, stream: str, done_ratio: float, *, streams: int, pending: int) -> float:
        """Count a page; how far the import is after it, 0 to 1.

        Args:
            stream: Whose page it is.
            done_ratio: How far into the stream it ends; 1 at its end.
            streams: How many there are.
            pending: How many of them were not at their end before this page, this one included.
        """
        here = self._pages.get(stream, 0) + 1
        self._pages[stream] = here
        before = sum(self._pages.values()) - here
        finished_by_others = max(streams - pending - (len(self._pages) - 1), 0)
        read = before + finished_by_others + here
        left_here = here * (1 / max(done_ratio, RATIO_LEAST) - 1)
        return read / (read + left_here + pending - 1)
