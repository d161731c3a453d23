"""What the desk answers about charts, whoever asks; permissions are checked here."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nightdesk.contracts.api import present_charts as present
from nightdesk.contracts.api.chart_layouts import LayoutContent
from nightdesk.contracts.api.chart_sharing import shareable
from nightdesk.contracts.api.charts import (
    AddPoints,
    LayoutPage,
    LayoutShape,
    MadeShareShape,
    PointPage,
    PointSetPage,
    PointSetShape,
    PutLayout,
    PutPointSet,
    PutShare,
    SharedShape,
    SharePage,
    ShareShape,
)
from nightdesk.identity.model import Caller
from nightdesk.indicators.service import FormulaService
from nightdesk.kernel.errors import InvalidInput, TooLarge
from nightdesk.kernel.instants import format_instant, from_ms, parse_instant
from nightdesk.kernel.money import parse_amount
from nightdesk.markets.charts.model import (
    CONTENT_BYTES_MAX,
    ChartPoint,
    Content,
    LayoutId,
    PointSetId,
    PointStyle,
    ShareId,
)
from nightdesk.markets.charts.ports import Place
from nightdesk.markets.charts.service import ChartDesk, Owner


@dataclass(frozen=True, slots=True)
class ChartAnswers:
    """Asks the services and puts what they know in shape; everybody has only the own charts."""

    charts: ChartDesk
    formulas: FormulaService

    def layouts(self, caller: Caller, cursor: str | None, limit: int) -> LayoutPage:
        """The caller's layouts."""
        rows = self.charts.layouts(_owner(caller, "read"), _place(cursor), limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        next_cursor = _cursor(last.made_at, last.layout_id) if last else None
        return LayoutPage(items=[present.layout_summary(row) for row in rows[:limit]], next_cursor=next_cursor)

    def layout(self, caller: Caller, layout_id: UUID) -> LayoutShape:
        """One of the caller's layouts."""
        return present.layout_shape(self.charts.layout(_owner(caller, "read"), LayoutId(layout_id)))

    def put_layout(self, caller: Caller, layout_id: UUID, wanted: PutLayout) -> LayoutShape:
        """Make or change a layout."""
        owner = _owner(caller, "update")
        content = _bounded(wanted.content)
        made = self.charts.put_layout(
            owner, LayoutId(layout_id), name=wanted.name, content=content, replaces=wanted.replaces
        )
        return present.layout_shape(made)

    def remove_layout(self, caller: Caller, layout_id: UUID) -> None:
        """Forget a layout."""
        self.charts.remove_layout(_owner(caller, "delete"), LayoutId(layout_id))

    def point_sets(self, caller: Caller, cursor: str | None, limit: int) -> PointSetPage:
        """The caller's own series."""
        rows = self.charts.point_sets(_owner(caller, "read"), _place(cursor), limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        next_cursor = _cursor(last.made_at, last.set_id) if last else None
        return PointSetPage(items=[present.point_set_shape(row) for row in rows[:limit]], next_cursor=next_cursor)

    def put_point_set(self, caller: Caller, set_id: UUID, wanted: PutPointSet) -> PointSetShape:
        """Make an own series, or change how it is called and drawn."""
        owner, style = _owner(caller, "update"), PointStyle(wanted.style)
        made = self.charts.put_point_set(owner, PointSetId(set_id), name=wanted.name, style=style, colour=wanted.colour)
        return present.point_set_shape(made)

    def remove_point_set(self, caller: Caller, set_id: UUID) -> None:
        """Forget an own series."""
        self.charts.remove_point_set(_owner(caller, "delete"), PointSetId(set_id))

    def points(
        self, caller: Caller, set_id: UUID, since: str | None, *, until: str | None = None, limit: int
    ) -> PointPage:
        """Points of an own series."""
        owner = _owner(caller, "read")
        first, end = (None if text is None else instant_of(text) for text in (since, until))
        rows = self.charts.points(owner, PointSetId(set_id), since=first, until=end, limit=limit + 1)
        next_from = format_instant(rows[limit].at) if len(rows) > limit else None
        return PointPage(items=[present.point_shape(row) for row in rows[:limit]], next_from=next_from)

    def add_points(self, caller: Caller, set_id: UUID, wanted: AddPoints) -> PointSetShape:
        """Keep points."""
        owner = _owner(caller, "update")
        points = [ChartPoint(instant_of(each.at), parse_amount(each.value), each.label) for each in wanted.points]
        return present.point_set_shape(self.charts.add_points(owner, PointSetId(set_id), points))

    def remove_points(self, caller: Caller, set_id: UUID, since: str, until: str) -> PointSetShape:
        """Forget points."""
        owner = _owner(caller, "update")
        left = self.charts.remove_points(owner, PointSetId(set_id), instant_of(since), instant_of(until))
        return present.point_set_shape(left)

    def shares(self, caller: Caller, cursor: str | None, limit: int) -> SharePage:
        """The caller's shares."""
        rows = self.charts.shares(_owner(caller, "read"), _place(cursor), limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        next_cursor = _cursor(last.made_at, last.share_id) if last else None
        return SharePage(items=[present.share_shape(row) for row in rows[:limit]], next_cursor=next_cursor)

    def share(self, caller: Caller, share_id: UUID, wanted: PutShare) -> MadeShareShape:
        """Copy a chart for whoever gets the link."""
        caller.require("create", "ChartShare")
        owner, sets = _owner(caller, "read"), _set_ids(wanted.content.points)
        formulas = self.formulas.formulas(caller.tenant_id) if wanted.open else {}
        content = _bounded(shareable(wanted.content, formulas, is_open=wanted.open))
        made = self.charts.share(
            owner, ShareId(share_id), {"layout": content}, name=wanted.name, is_open=wanted.open, sets=sets
        )
        return MadeShareShape(share=present.share_shape(made.share), token=made.token)

    def revoke(self, caller: Caller, share_id: UUID) -> ShareShape:
        """Let a share's link open nothing any more."""
        caller.require("delete", "ChartShare")
        return present.share_shape(self.charts.revoke(_owner(caller, "read"), ShareId(share_id)))

    def open(self, caller: Caller, token: str) -> SharedShape:
        """What a link opens."""
        return present.shared_shape(self.charts.open(_owner(caller, "read"), token))


def instant_of(text: str) -> datetime:
    """The instant that a text is: RFC 3339 or milliseconds since 1970.

    Raises:
        InvalidInput: `instant.malformed`.
    """
    if not text.removeprefix("-").isdecimal():
        return parse_instant(text)
    try:
        return from_ms(int(text))
    except (OverflowError, ValueError):
        raise InvalidInput("instant.malformed", f"{text[:40]!r} is no instant.") from None


def _owner(caller: Caller, action: str) -> Owner:
    caller.require(action, "Chart")
    return Owner(caller.tenant_id, caller.user.user_id)


def _bounded(layout: LayoutContent) -> Content:
    content = layout.model_dump(mode="json")
    if len(json.dumps(content, ensure_ascii=False).encode()) > CONTENT_BYTES_MAX:
        raise TooLarge("charts.layout_too_large", f"A layout may have {CONTENT_BYTES_MAX // 1024} KiB.")
    return content


def _set_ids(texts: Sequence[str]) -> list[PointSetId]:
    try:
        return [PointSetId(UUID(text)) for text in texts]
    except ValueError:
        raise InvalidInput("charts.points_malformed", "Own series are named by their ids.") from None


def _cursor(at: datetime, identity: UUID) -> str:
    return urlsafe_b64encode(json.dumps([format_instant(at), str(identity)]).encode()).decode().rstrip("=")


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        at, identity = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return parse_instant(at), UUID(identity)
    except (ValueError, TypeError, AttributeError, RecursionError, InvalidInput):
        raise InvalidInput("charts.cursor_malformed", "The cursor is not one of ours.") from None
