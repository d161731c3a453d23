"""What connections listen to: one feed a topic, told to all its listeners."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from fargate.paper_exchange.faces.connection import Connection

Feed = Callable[[], Iterable[Any]]
"""What there is to say since it was last asked."""

Send = Callable[[Any], None]


@dataclass(slots=True, eq=False)
class Topic:
    """A feed and who listens to it."""

    feed: Feed
    every_ms: int
    listeners: dict[Connection, Send] = field(default_factory=dict)


class Topics:
    """All topics of a face that somebody listens to."""

    def __init__(self) -> None:
        self._topics: dict[Hashable, Topic] = {}

    def join(self, connection: Connection, key: Hashable, make: Callable[[], Topic], send: Send) -> None:
        """Listen; the first listener makes the topic."""
        topic = self._topics.get(key)
        if topic is None:
            topic = self._topics[key] = make()
        topic.listeners[connection] = send
        connection.topics.add(key)

    def leave(self, connection: Connection, key: Hashable) -> bool:
        """Listen no more; whether it did."""
        topic = self._topics.get(key)
        if topic is None or topic.listeners.pop(connection, None) is None:
            return False
        connection.topics.discard(key)
        if not topic.listeners:
            del self._topics[key]
        return True

    def feed(self, key: Hashable) -> Feed | None:
        """The topic's feed, if anybody listens to it."""
        topic = self._topics.get(key)
        return topic.feed if topic else None

    def forget(self, connection: Connection) -> None:
        """The connection is closed."""
        for key in list(connection.topics):
            self.leave(connection, key)

    def tell(self, elapsed_ms: int) -> None:
        """Ask every topic whose turn it is, and tell its listeners."""
        for topic in list(self._topics.values()):
            if elapsed_ms % topic.every_ms == 0:
                for event in topic.feed():
                    for send in list(topic.listeners.values()):
                        send(event)
