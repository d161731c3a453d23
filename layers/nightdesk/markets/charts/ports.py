"""What charts need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.markets.charts.model import (
    ChartLayout,
    ChartPoint,
    ChartShare,
    Content,
    LayoutId,
    PointSet,
    PointSetId,
    SharedChart,
    ShareId,
)

Place = tuple[datetime, UUID]
"""Where a page of a list begins, newest first: the row after this one."""


class LayoutStore(Protocol):
    """A user's layouts."""

    def page(self, before: Place | None, limit: int) -> Sequence[ChartLayout]:
        """Newest first by when they were made."""
        ...

    def count(self) -> int:
        """How many there are."""
        ...

    def get(self, layout_id: LayoutId) -> ChartLayout | None:
        """One, locked until the transaction ends."""
        ...

    def put(self, layout: ChartLayout) -> None:
        """Keep it in the place of its former version.

        Raises:
            Conflict: `charts.name_taken`.
        """
        ...

    def remove(self, layout_id: LayoutId) -> bool:
        """Forget it; whether it was there."""
        ...


class PointStore(Protocol):
    """A user's own points."""

    def page(self, before: Place | None, limit: int) -> Sequence[PointSet]:
        """Sets, newest first by when they were made."""
        ...

    def count(self) -> int:
        """How many sets there are."""
        ...

    def get(self, set_id: PointSetId) -> PointSet | None:
        """One, locked until the transaction ends."""
        ...

    def put(self, points: PointSet) -> None:
        """Keep a set's name and style.

        Raises:
            Conflict: `charts.name_taken`.
        """
        ...

    def remove(self, set_id: PointSetId) -> bool:
        """Forget it with its points; whether it was there."""
        ...

    def points(
        self, set_id: PointSetId, since: datetime | None, until: datetime | None, limit: int
    ) -> Sequence[ChartPoint]:
        """Oldest first, from `since` on and before `until`."""
        ...

    def add(self, set_id: PointSetId, points: Sequence[ChartPoint]) -> None:
        """Keep points, each in the place of the one of its instant."""
        ...

    def remove_points(self, set_id: PointSetId, since: datetime, until: datetime) -> int:
        """Forget those from `since` on and before `until`; how many they were."""
        ...


class ShareStore(Protocol):
    """A user's shares."""

    def page(self, before: Place | None, limit: int) -> Sequence[ChartShare]:
        """Newest first."""
        ...

    def count(self) -> int:
        """How many were not revoked."""
        ...

    def get(self, share_id: ShareId) -> ChartShare | None:
        """One, revoked or not."""
        ...

    def put(self, share: ChartShare, content: Content, token_hash: bytes) -> None:
        """Keep it in the place of its former copy."""
        ...

    def revoke(self, share_id: ShareId, at: datetime) -> None:
        """Let its link open nothing any more."""
        ...

    def opened(self, token_hash: bytes) -> SharedChart | None:
        """What a token opens for this tenant: its own shares, and those that are open to all."""
        ...


class ChartUnit(Protocol):
    """One transaction of a user."""

    @property
    def layouts(self) -> LayoutStore:
        """The user's layouts."""
        ...

    @property
    def points(self) -> PointStore:
        """The user's points."""
        ...

    @property
    def shares(self) -> ShareStore:
        """The user's shares."""
        ...


class ChartUnits(Protocol):
    """Opens transactions."""

    def __call__(self, tenant_id: TenantId, user_id: UserId) -> AbstractContextManager[ChartUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...
