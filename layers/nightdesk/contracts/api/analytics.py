"""What the function that computes over history answers: each operation once, for the function and for the document.

Apart from the function, whose libraries the API must not load to describe it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from nightdesk.contracts.api.common import RequestShape, Shape
from nightdesk.contracts.api.indicator_values import HistoryRequest, IndicatorHistory
from nightdesk.contracts.api.replays import (
    AskReplay,
    AskSweep,
    AskTemplate,
    BuiltTemplate,
    ReplayShape,
    ShadowShape,
    SweepShape,
    TemplateList,
)

_PLACE: Final = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method at a path.

    Attributes:
        name: Unique; the document's `operationId`.
        path: Whose parameters stand in braces.
        places: Of each parameter in the path, what it must look like.
        query: What is asked in the query string.
        body: What is sent.
        codes: Of the problems that only this operation has.
    """

    name: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    answer: type[Shape]
    codes: Sequence[str]
    places: Mapping[str, str]
    query: type[RequestShape] | None = None
    body: type[RequestShape] | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        """What a path of the operation matches, with a group for each of its parameters."""
        return re.compile(_PLACE.sub(lambda place: f"({self.places[place[1]]})", self.path))

    @property
    def shapes(self) -> Sequence[type[BaseModel]]:
        """Everything that goes in or out."""
        return [each for each in (self.query, self.body, self.answer) if each is not None]


_EXPRESSION: Final = ("indicators.syntax", "indicators.range", "candles.series_not_found", "instant.malformed")
_REPLAY: Final = (
    "replay.range",
    "replay.too_long",
    "replay.too_large",
    "replay.no_market",
    "replay.no_bars",
    "replay.cost",
    "replay.balance_negative",
    "templates.not_found",
    "templates.parameter_invalid",
    "candles.series_not_found",
    "instant.malformed",
    "amount.malformed",
)

OPERATIONS: Final = (
    Operation(
        name="indicator_history",
        method="GET",
        path="/api/v1/indicators/history",
        tag="indicators",
        summary="Expressions over the bars of a series",
        description="One number a bar and expression, as a rule would have read it at the bar's end.",
        query=HistoryRequest,
        answer=IndicatorHistory,
        codes=(*_EXPRESSION, "indicators.forming", "candles.misaligned", "candles.not_finite"),
        places={},
    ),
    Operation(
        name="replay",
        method="POST",
        path="/api/v1/replays",
        tag="replays",
        summary="Replay rule sets over stored bars",
        description="By the engine that decides live. Work that takes longer than 20 seconds is refused as "
        "`replay.too_large`, with how far it came and what to shorten; nothing is kept of any replay.",
        body=AskReplay,
        answer=ReplayShape,
        codes=("replay.which", "rules.not_found", "rules.not_yours", *_REPLAY),
        places={},
    ),
    Operation(
        name="replay_sweep",
        method="POST",
        path="/api/v1/replays/sweeps",
        tag="replays",
        summary="Replay every combination of a grid",
        description="Over the parameters of a template, on the same bars; best first. Bounded as a replay is.",
        body=AskSweep,
        answer=SweepShape,
        codes=("replay.grid_too_large", *_REPLAY),
        places={},
    ),
    Operation(
        name="strategy_templates",
        method="GET",
        path="/api/v1/strategy-templates",
        tag="replays",
        summary="Every template",
        description="Strategies of few parameters.",
        answer=TemplateList,
        codes=(),
        places={},
    ),
    Operation(
        name="build_template",
        method="POST",
        path="/api/v1/strategy-templates/{template}/rule-sets",
        tag="replays",
        summary="The rule sets of a template",
        description="Made with these parameters, as `POST /api/v1/rule-sets` takes them; nothing is kept.",
        body=AskTemplate,
        answer=BuiltTemplate,
        codes=("templates.not_found", "templates.parameter_invalid"),
        places={"template": "[a-z_]{1,40}"},
    ),
    Operation(
        name="shadow",
        method="GET",
        path="/api/v1/rule-sets/{rule_set_id}/shadow",
        tag="replays",
        summary="A rule set's run in shadow",
        description="What it decided, and what that would have done by the fill model of replays.",
        answer=ShadowShape,
        codes=("rules.not_found", "replay.too_large"),
        places={"rule_set_id": "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"},
    ),
)
