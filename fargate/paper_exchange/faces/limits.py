"""Limits that several venues count alike, and the operator's hand on them."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import fields
from typing import Any


class Counters:
    """Counters that rise with every call and sink steadily, by key."""

    def __init__(self) -> None:
        self._levels: dict[Hashable, tuple[int, int]] = {}

    def add(self, key: Hashable, cost: int, *, most: int, decay_milli_per_s: int, now_ms: int) -> bool:
        """Whether the counter takes the cost without passing its maximum; a refused call costs nothing."""
        level_milli, at_ms = self._levels.get(key, (0, now_ms))
        sunk = max(0, level_milli - (now_ms - at_ms) * decay_milli_per_s // 1000)
        if sunk + cost * 1000 > most * 1000:
            self._levels[key] = (sunk, now_ms)
            return False
        self._levels[key] = (sunk + cost * 1000, now_ms)
        return True

    def forgive(self) -> None:
        """Begin at zero."""
        self._levels.clear()


class Rates:
    """So many calls in any stretch of time, by key."""

    def __init__(self) -> None:
        self._calls: dict[Hashable, deque[int]] = {}

    def add(self, key: Hashable, *, most: int, period_ms: int, now_ms: int) -> bool:
        """Whether another call fits; a refused one is not counted."""
        calls = self._calls.setdefault(key, deque())
        while calls and calls[0] <= now_ms - period_ms:
            calls.popleft()
        if len(calls) >= most:
            return False
        calls.append(now_ms)
        return True

    def left(self, key: Hashable, most: int) -> int:
        """How many more fit, as of the last call."""
        return max(0, most - len(self._calls.get(key, ())))

    def forgive(self) -> None:
        """Begin at zero."""
        self._calls.clear()


def adjust(limits: Any, settings: Mapping[str, int]) -> None:
    """Change limits by name.

    Args:
        limits: A dataclass of whole numbers.
        settings: The new ones.

    Raises:
        ValueError: There is no such limit, or it would be less than one.
    """
    known = {field.name for field in fields(limits)}
    if unknown := settings.keys() - known:
        raise ValueError(f"There is no limit {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}.")
    if any(value < 1 for value in settings.values()):
        raise ValueError("A limit is at least one.")
    for name, value in settings.items():
        setattr(limits, name, value)


def shown(limits: Any) -> dict[str, int]:
    """The limits in force by name."""
    return {field.name: getattr(limits, field.name) for field in fields(limits)}
