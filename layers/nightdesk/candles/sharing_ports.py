"""What processes that share the streaming need from outside."""

from __future__ import annotations

from typing import Protocol

from nightdesk.candles.sharing import Share


class Leases(Protocol):
    """Who streams which share, known to all processes; whoever dies loses his leases after a while.

    A lease is held by one life of one process: a later life of the same member takes over at once, an earlier one
    never.
    """

    @property
    def member(self) -> str:
        """This process's name."""
        ...

    async def attend(self) -> frozenset[str]:
        """Say that this process lives; everybody who does.

        Raises:
            Unavailable: Nobody knows.
        """
        ...

    async def take(self, share: Share) -> bool:
        """Take the share, or keep it; False while somebody else has it.

        Raises:
            Unavailable: Nobody knows.
        """
        ...

    async def release(self, share: Share) -> None:
        """Let somebody else have the share at once.

        Raises:
            Unavailable: It ends by itself.
        """
        ...

    async def leave(self) -> None:
        """Say that this process ends.

        Raises:
            Unavailable: It is forgotten after a while.
        """
        ...
