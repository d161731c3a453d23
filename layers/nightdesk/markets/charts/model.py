"""Layouts of charts, a user's own points, and shares: copies that a link opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NewType
from uuid import UUID

LayoutId = NewType("LayoutId", UUID)
PointSetId = NewType("PointSetId", UUID)
ShareId = NewType("ShareId", UUID)
Content = Mapping[str, Any]
"""What a layout holds, as JSON; its form is the contract's."""

LAYOUTS_MAX: Final = 100
POINT_SETS_MAX: Final = 50
POINTS_MAX: Final = 10_000
SHARES_MAX: Final = 100
CONTENT_BYTES_MAX: Final = 200 * 1024
SHARE_BYTES_MAX: Final = 2 * 1024 * 1024


class PointStyle(StrEnum):
    """How points are drawn."""

    LINE = "line"
    MARKS = "marks"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLayout:
    """A chart as a user arranged it.

    Attributes:
        version: From 1; each change is one more.
    """

    layout_id: LayoutId
    name: str
    version: int
    content: Content
    made_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSet:
    """A user's own series of points.

    Attributes:
        colour: One of the colours of studies, from 1.
        points: How many it has.
    """

    set_id: PointSetId
    name: str
    style: PointStyle
    colour: int
    made_at: datetime
    points: int = 0


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One point; a set has one of each instant."""

    at: datetime
    value: Decimal
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartShare:
    """A copy of a layout that whoever has its link may look at.

    Attributes:
        is_open: To every tenant of the desk; otherwise to its own tenant only.
        revoked_at: From then on the link opens nothing.
    """

    share_id: ShareId
    name: str
    is_open: bool
    made_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedChart:
    """What a link opens."""

    share: ChartShare
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeShare:
    """A share with what is shown only once."""

    share: ChartShare
    token: str = field(repr=False)
