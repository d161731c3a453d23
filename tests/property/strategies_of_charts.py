"""Layouts of charts, as wild as the contract lets them be."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from nightdesk.contracts.api.chart_layouts import (
    AnchorShape,
    DrawingShape,
    Kind,
    LayoutContent,
    RangeShape,
    StudyShape,
)

_MS = st.integers(-10_000_000_000_000, 10_000_000_000_000)
_PRICE = st.floats(-1e18, 1e18)
_SERIES = st.from_regex(r"[A-Z]{2,20}:[A-Za-z0-9/_-]{1,80}", fullmatch=True)
_WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"), max_size=60)
_ANCHORS = st.lists(st.builds(AnchorShape, at_ms=_MS, price=_PRICE), min_size=1, max_size=5).map(tuple)
_DRAWINGS = st.builds(
    DrawingShape,
    id=st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True),
    kind=st.sampled_from(get_args(Kind)),
    series=_SERIES,
    anchors=_ANCHORS,
    text=_WORDS,
    colour=st.integers(0, 6),
    width=st.integers(1, 6),
    dash=st.sampled_from(["solid", "dashed"]),
    locked=st.booleans(),
    hidden=st.booleans(),
)
_STUDIES = st.builds(
    StudyShape,
    place=st.sampled_from(["over", "under"]),
    text=st.from_regex(r"[A-Za-z0-9(), ]{1,40}", fullmatch=True),
)


def layouts() -> st.SearchStrategy[LayoutContent]:
    """Any layout."""
    return st.builds(
        LayoutContent,
        series=_SERIES,
        resolution=st.from_regex(r"[1-9][0-9]{0,3}[mhdwM]", fullmatch=True),
        range=st.none() | st.builds(RangeShape, from_ms=_MS, to_ms=_MS),
        studies=st.lists(_STUDIES, max_size=4).map(tuple),
        drawings=st.lists(_DRAWINGS, max_size=6).map(tuple),
        points=st.lists(st.uuids().map(str), max_size=3).map(tuple),
        fills=st.booleans(),
        orders=st.booleans(),
        magnet=st.sampled_from(["off", "weak", "strong"]),
    )
