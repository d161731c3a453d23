"""Keeps what users put on their charts; a user sees only what is the user's own, or what a link opens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound
from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.kernel.instants import Clock, format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.markets.charts.errors import layout_changed
from nightdesk.markets.charts.model import (
    LAYOUTS_MAX,
    POINT_SETS_MAX,
    POINTS_MAX,
    SHARES_MAX,
    ChartLayout,
    ChartPoint,
    ChartShare,
    Content,
    LayoutId,
    MadeShare,
    PointSet,
    PointSetId,
    PointStyle,
    SharedChart,
    ShareId,
)
from nightdesk.markets.charts.ports import ChartUnits, Place, PointStore

Found = TypeVar("Found")
_MISSING: Final = {
    "layout": "There is no such layout.",
    "points": "There is no such series of points.",
    "share": "This link opens nothing: it was revoked, or is only for another tenant.",
}


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose charts they are."""

    tenant_id: TenantId
    user_id: UserId


class ChartDesk:
    """Layouts, points and shares of users."""

    def __init__(self, units: ChartUnits, clock: Clock, new_token: Callable[[], str]) -> None:
        self._units = units
        self._clock = clock
        self._new_token = new_token

    def layouts(self, owner: Owner, before: Place | None, limit: int) -> Sequence[ChartLayout]:
        """The user's layouts, newest first."""
        with self._units(owner.tenant_id, owner.user_id) as unit:
            return unit.layouts.page(before, limit)

    def layout(self, owner: Owner, layout_id: LayoutId) -> ChartLayout:
        """One of the user's layouts.

        Raises:
            NotFound: `charts.layout_not_found`.
        """
        with self._units(owner.tenant_id, owner.user_id) as unit:
            return _there(unit.layouts.get(layout_id), "layout")

    def put_layout(
        self, owner: Owner, layout_id: LayoutId, *, name: str, content: Content, replaces: int
    ) -> ChartLayout:
        """Make a layout or change it; the same again changes nothing.

        Args:
            owner: Whose.
            layout_id: Chosen by whoever makes it, so that sending it twice makes one.
            name: No other layout of the user has it.
            content: All of it.
            replaces: The version that the caller has seen; 0 for a new one.

        Raises:
            Conflict: `charts.layout_changed`: another tab or device was first; `charts.name_taken`.
            InvalidInput: `charts.too_many_layouts`.
        """
        now = self._clock.now()
        with self._units(owner.tenant_id, owner.user_id) as unit:
            known = unit.layouts.get(layout_id)
            if known is not None and (known.name, known.content) == (name, content):
                return known
            seen = 0 if known is None else known.version
            if replaces != seen:
                raise layout_changed()
            if known is None and unit.layouts.count() >= LAYOUTS_MAX:
                raise InvalidInput("charts.too_many_layouts", f"There may be {LAYOUTS_MAX} layouts.")
            made = now if known is None else known.made_at
            layout = ChartLayout(
                layout_id=layout_id, name=name, version=seen + 1, content=content, made_at=made, changed_at=now
            )
            unit.layouts.put(layout)
            return layout

    def remove_layout(self, owner: Owner, layout_id: LayoutId) -> None:
        """Forget a layout.

        Raises:
            NotFound: `charts.layout_not_found`.
        """
        with self._units(owner.tenant_id, owner.user_id) as unit:
            _require(unit.layouts.remove(layout_id), "layout")

    def point_sets(self, owner: Owner, before: Place | None, limit: int) -> Sequence[PointSet]:
        """The user's own series, newest first."""
        with self._units(owner.tenant_id, owner.user_id) as unit:
            return unit.points.page(before, limit)

    def put_point_set(self, owner: Owner, set_id: PointSetId, *, name: str, style: PointStyle, colour: int) -> PointSet:
        """Make an own series, or change how it is called and drawn.

        Raises:
            Conflict: `charts.name_taken`.
            InvalidInput: `charts.too_many_point_sets`.
        """
        with self._units(owner.tenant_id, owner.user_id) as unit:
            known = unit.points.get(set_id)
            if known is None and unit.points.count() >= POINT_SETS_MAX:
                raise InvalidInput("charts.too_many_point_sets", f"There may be {POINT_SETS_MAX} series of points.")
            made_at, points = (self._clock.now(), 0) if known is None else (known.made_at, known.points)
            changed = PointSet(set_id=set_id, name=name, style=style, colour=colour, made_at=made_at, points=points)
            if changed != known:
                unit.points.put(changed)
            return changed

    def remove_point_set(self, owner: Owner, set_id: PointSetId) -> None:
        """Forget an own series with its points.

        Raises:
            NotFound: `charts.points_not_found`.
        """
        with self._units(owner.tenant_id, owner.user_id) as unit:
            _require(unit.points.remove(set_id), "points")

    def points(
        self, owner: Owner, set_id: PointSetId, *, since: datetime | None, until: datetime | None, limit: int
    ) -> Sequence[ChartPoint]:
        """Points of an own series, oldest first.

        Raises:
            NotFound: `charts.points_not_found`.
        """
        with self._units(owner.tenant_id, owner.user_id) as unit:
            _there(unit.points.get(set_id), "points")
            return unit.points.points(set_id, since, until, limit)

    def add_points(self, owner: Owner, set_id: PointSetId, points: Sequence[ChartPoint]) -> PointSet:
        """Keep points, each in the place of the one of its instant.

        Raises:
            NotFound: `charts.points_not_found`.
            InvalidInput: `charts.points_twice`: two of one instant; `charts.too_many_points`.
        """
        if len({point.at for point in points}) < len(points):
            raise InvalidInput("charts.points_twice", "Two points have the same instant.")
        with self._units(owner.tenant_id, owner.user_id) as unit:
            _there(unit.points.get(set_id), "points")
            unit.points.add(set_id, points)
            kept = _there(unit.points.get(set_id), "points")
            if kept.points > POINTS_MAX:
                raise InvalidInput("charts.too_many_points", f"A series may have {POINTS_MAX} points.")
            return kept

    def remove_points(self, owner: Owner, set_id: PointSetId, since: datetime, until: datetime) -> PointSet:
        """Forget the points from `since` on and before `until`.

        Raises:
            NotFound: `charts.points_not_found`.
        """
        with self._units(owner.tenant_id, owner.user_id) as unit:
            _there(unit.points.get(set_id), "points")
            unit.points.remove_points(set_id, since, until)
            return _there(unit.points.get(set_id), "points")

    def shares(self, owner: Owner, before: Place | None, limit: int) -> Sequence[ChartShare]:
        """The user's shares, newest first; those revoked too."""
        with self._units(owner.tenant_id, owner.user_id) as unit:
            return unit.shares.page(before, limit)

    def share(
        self, owner: Owner, share_id: ShareId, content: Content, *, name: str, is_open: bool, sets: Sequence[PointSetId]
    ) -> MadeShare:
        """Copy a chart for whoever has the link; a share of this id gets the new copy and a new link.

        Raises:
            NotFound: `charts.points_not_found`: of the series that go with it.
            Conflict: `charts.share_revoked`.
            InvalidInput: `charts.too_many_shares`.
        """
        token = self._new_token()
        with self._units(owner.tenant_id, owner.user_id) as unit:
            known = unit.shares.get(share_id)
            if known is not None and known.revoked_at is not None:
                raise Conflict("charts.share_revoked", "This share was revoked; make a new one.")
            if known is None and unit.shares.count() >= SHARES_MAX:
                raise InvalidInput("charts.too_many_shares", f"There may be {SHARES_MAX} shares; revoke one first.")
            made_at = self._clock.now() if known is None else known.made_at
            share = ChartShare(share_id=share_id, name=name, is_open=is_open, made_at=made_at)
            copied = {**content, "points": [_copied(unit.points, set_id) for set_id in sets]}
            unit.shares.put(share, copied, hash_of(token))
        return MadeShare(share=share, token=token)

    def revoke(self, owner: Owner, share_id: ShareId) -> ChartShare:
        """Let a share's link open nothing any more; again changes nothing.

        Raises:
            NotFound: `charts.share_not_found`.
        """
        with self._units(owner.tenant_id, owner.user_id) as unit:
            share = _there(unit.shares.get(share_id), "share")
            if share.revoked_at is not None:
                return share
            now = self._clock.now()
            unit.shares.revoke(share_id, now)
            return replace(share, revoked_at=now)

    def open(self, owner: Owner, token: str) -> SharedChart:
        """What a link opens for this user.

        Raises:
            NotFound: `charts.share_not_found`: revoked, of another tenant, or never there.
        """
        with self._units(owner.tenant_id, owner.user_id) as unit:
            return _there(unit.shares.opened(hash_of(token)), "share")


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def _copied(store: PointStore, set_id: PointSetId) -> dict[str, object]:
    """A set with its points, as JSON."""
    points = _there(store.get(set_id), "points")
    rows = store.points(set_id, None, None, POINTS_MAX)
    told = [{"at": format_instant(row.at), "value": format_amount(row.value), "label": row.label} for row in rows]
    return {"name": points.name, "style": points.style.value, "colour": points.colour, "items": told}


def _there(found: Found | None, what: str) -> Found:
    if found is None:
        raise NotFound(f"charts.{what}_not_found", _MISSING[what])
    return found


def _require(was_there: bool, what: str) -> None:  # noqa: FBT001 the outcome of a removal
    if not was_there:
        raise NotFound(f"charts.{what}_not_found", _MISSING[what])
