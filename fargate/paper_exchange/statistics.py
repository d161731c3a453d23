"""What was asked of the exchange and how it was answered."""

from __future__ import annotations

from collections import Counter
from typing import Any


class Statistics:
    """Counts since the start or the last reset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Count from zero again."""
        self._answers: Counter[int] = Counter()
        self._requests: Counter[str] = Counter()
        self._weights: Counter[str] = Counter()
        self._sockets: Counter[str] = Counter()

    def count_request(self, endpoint: str, status: int, weight: int) -> None:
        """A REST request was answered."""
        self._requests[endpoint] += 1
        self._answers[status] += 1
        self._weights["used"] += weight

    def note_minute_weight(self, used: int) -> None:
        """Remember the highest weight that was used in a minute."""
        self._weights["max_a_minute"] = max(self._weights["max_a_minute"], used)

    def count_socket(self, event: str) -> None:
        """Something happened on a websocket: opened, closed, subscribed, sent."""
        self._sockets[event] += 1

    def report(self) -> dict[str, Any]:
        """The counts."""
        return {
            "requests": sum(self._requests.values()),
            "by_endpoint": dict(self._requests.most_common()),
            "by_status": {str(status): count for status, count in sorted(self._answers.items())},
            "rate_limited": self._answers[429],
            "banned": self._answers[418],
            "weight_used": self._weights["used"],
            "weight_max_a_minute": self._weights["max_a_minute"],
            "sockets": dict(self._sockets),
        }
