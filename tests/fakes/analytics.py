"""A caller of the analytics function."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from functions.analytics.desk import AnalyticsDesk, serve
from nightdesk.candles.model import SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.contracts.api.replay_answers import ReplayAnswers
from nightdesk.indicators.bars import Bars, bars_of
from nightdesk.indicators.history import HistoryService
from nightdesk.indicators.warming import read_bars
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.replaying import ReplayService
from tests.fakes.desk import ANNA, ORIGIN, Answer, Caller, FakeDesk, event

PATH = "/api/v1/indicators/history"


@dataclass(slots=True)
class FakeAnalytics:
    """The function before some store of candles, asked by somebody who signed in."""

    fake: FakeDesk
    candles: CandleService
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    within_s: float = 600.0

    def sign_in(self, email: str = ANNA) -> None:
        """Be somebody from now on."""
        caller = Caller(self.fake.desk())
        caller.sign_in(email)
        self.token = caller.token or ""

    def ask(self, *expressions: str, **parameters: str) -> Answer:
        """The history of expressions; `from_` is the parameter `from`."""
        named = [("expression", text) for text in expressions]
        named += [(name.rstrip("_"), value) for name, value in parameters.items()]
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in named)
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent |= self.headers
        request: dict[str, Any] = event("GET", f"{PATH}?{query}", None, sent)
        request["multiValueQueryStringParameters"] = _decoded(named)  # as API Gateway decodes them
        reply = serve(request, self.desk())
        return Answer(int(reply["statusCode"]), reply["multiValueHeaders"], reply["body"])

    def values(self, *expressions: str, **parameters: str) -> list[list[float | None]]:
        """The values alone."""
        answer = self.ask(*expressions, **parameters)
        assert answer.status == 200, answer
        return [each["values"] for each in json.loads(answer.text)["items"]]

    def call(self, method: str, path: str, body: object = None) -> Answer:
        """Any other request."""
        sent = {"Content-Type": "application/json", **self.headers}
        sent |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        content = None if body is None else json.dumps(body)
        reply = serve(event(method, f"/api/v1{path}", content, sent), self.desk())
        return Answer(int(reply["statusCode"]), reply["multiValueHeaders"], reply["body"])

    def desk(self) -> AnalyticsDesk:
        """The services behind it."""
        desk = self.fake.desk()
        return AnalyticsDesk(
            identity=desk.identity,
            formulas=desk.formulas,
            history=HistoryService(self.candles),
            replays=ReplayAnswers(
                ReplayService(ServedBars(self.candles), self.fake.books.books),
                desk.rules.desk,
                self.fake.clock,
                self.within_s,
            ),
            allowed_origin=ORIGIN,
        )


@dataclass(frozen=True, slots=True)
class ServedBars:
    """`BarSource` over candles."""

    candles: CandleService

    def exists(self, tenant_id: TenantId, instrument: Instrument) -> bool:
        query = CandleQuery(series=str(instrument), resolution=Resolution.DAY, limit=1)
        try:
            self.candles.page(tenant_id, query)
        except NotFound:
            return False
        return True

    def bars(
        self, tenant_id: TenantId, name: SeriesName, resolution: Resolution, span: tuple[datetime | None, datetime]
    ) -> Bars:
        query = CandleQuery(series=str(name), resolution=resolution, since=span[0], until=span[1])
        return bars_of(read_bars(self.candles, tenant_id, query), resolution)


def _decoded(named: list[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in named:
        values.setdefault(name, []).append(value)
    return values
