"""Charts in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.markets.charts.errors import name_taken
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
from nightdesk.markets.charts.ports import Place

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class FakeLayouts:
    kept: dict[LayoutId, ChartLayout] = field(default_factory=dict)

    def page(self, before: Place | None, limit: int) -> Sequence[ChartLayout]:
        rows = sorted(self.kept.values(), key=lambda each: (each.made_at, each.layout_id), reverse=True)
        return [row for row in rows if before is None or (row.made_at, row.layout_id) < before][:limit]

    def count(self) -> int:
        return len(self.kept)

    def get(self, layout_id: LayoutId) -> ChartLayout | None:
        return self.kept.get(layout_id)

    def put(self, layout: ChartLayout) -> None:
        if any(each.name == layout.name and each.layout_id != layout.layout_id for each in self.kept.values()):
            raise name_taken(layout.name)
        self.kept[layout.layout_id] = layout

    def remove(self, layout_id: LayoutId) -> bool:
        return self.kept.pop(layout_id, None) is not None


@dataclass(slots=True)
class FakePoints:
    sets: dict[PointSetId, PointSet] = field(default_factory=dict)
    kept: dict[PointSetId, dict[datetime, ChartPoint]] = field(default_factory=dict)

    def page(self, before: Place | None, limit: int) -> Sequence[PointSet]:
        rows = sorted(self.sets.values(), key=lambda each: (each.made_at, each.set_id), reverse=True)
        return [self._counted(row) for row in rows if before is None or (row.made_at, row.set_id) < before][:limit]

    def count(self) -> int:
        return len(self.sets)

    def get(self, set_id: PointSetId) -> PointSet | None:
        known = self.sets.get(set_id)
        return None if known is None else self._counted(known)

    def put(self, points: PointSet) -> None:
        if any(each.name == points.name and each.set_id != points.set_id for each in self.sets.values()):
            raise name_taken(points.name)
        self.sets[points.set_id] = points

    def remove(self, set_id: PointSetId) -> bool:
        self.kept.pop(set_id, None)
        return self.sets.pop(set_id, None) is not None

    def points(
        self, set_id: PointSetId, since: datetime | None, until: datetime | None, limit: int
    ) -> Sequence[ChartPoint]:
        rows = sorted(self.kept.get(set_id, {}).items())
        return [point for at, point in rows if (since or _FIRST) <= at < (until or _LAST)][:limit]

    def add(self, set_id: PointSetId, points: Sequence[ChartPoint]) -> None:
        self.kept.setdefault(set_id, {}).update({point.at: point for point in points})

    def remove_points(self, set_id: PointSetId, since: datetime, until: datetime) -> int:
        rows = self.kept.get(set_id, {})
        gone = [at for at in rows if since <= at < until]
        for at in gone:
            del rows[at]
        return len(gone)

    def _counted(self, points: PointSet) -> PointSet:
        return replace(points, points=len(self.kept.get(points.set_id, {})))


@dataclass(slots=True)
class FakeShares:
    tenant_id: TenantId
    all: list[FakeShares]
    kept: dict[ShareId, tuple[ChartShare, Content, bytes]] = field(default_factory=dict)

    def page(self, before: Place | None, limit: int) -> Sequence[ChartShare]:
        rows = sorted((each[0] for each in self.kept.values()), key=lambda each: (each.made_at, each.share_id))
        return [row for row in rows[::-1] if before is None or (row.made_at, row.share_id) < before][:limit]

    def count(self) -> int:
        return sum(share.revoked_at is None for share, _, _ in self.kept.values())

    def get(self, share_id: ShareId) -> ChartShare | None:
        known = self.kept.get(share_id)
        return known and known[0]

    def put(self, share: ChartShare, content: Content, token_hash: bytes) -> None:
        self.kept[share.share_id] = (share, content, token_hash)

    def revoke(self, share_id: ShareId, at: datetime) -> None:
        share, content, token_hash = self.kept[share_id]
        self.kept[share_id] = (replace(share, revoked_at=at), content, token_hash)

    def opened(self, token_hash: bytes) -> SharedChart | None:
        for store in self.all:
            for share, content, known in store.kept.values():
                is_seen = share.is_open or store.tenant_id == self.tenant_id
                if known == token_hash and share.revoked_at is None and is_seen:
                    return SharedChart(share=share, content=content)
        return None


@dataclass(slots=True)
class FakeChartUnit:
    layouts: FakeLayouts
    points: FakePoints
    shares: FakeShares


@dataclass(slots=True)
class FakeCharts:
    """Everybody's charts; it is its own transaction."""

    users: dict[tuple[TenantId, UserId], FakeChartUnit] = field(default_factory=dict)
    every_share: list[FakeShares] = field(default_factory=list)

    @contextmanager
    def __call__(self, tenant_id: TenantId, user_id: UserId) -> Iterator[FakeChartUnit]:
        if (tenant_id, user_id) not in self.users:
            shares = FakeShares(tenant_id, self.every_share)
            self.every_share.append(shares)
            self.users[tenant_id, user_id] = FakeChartUnit(FakeLayouts(), FakePoints(), shares)
        yield self.users[tenant_id, user_id]
