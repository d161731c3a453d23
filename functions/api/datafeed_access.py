"""Who may read the datafeed: a signed-in caller by the usual header, or a charting library by a token in its address.

`/api/v1/datafeed/<token>/udf/…` is the same as `/api/v1/datafeed/udf/…`: the token is taken out of the path before the
request is routed, so routes, logs and problems never see it, and it opens nothing but these paths.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler import Depends, Request

from nightdesk.identity.feed_tokens import FeedToken
from nightdesk.identity.model import Caller
from nightdesk.kernel.ids import TenantId

BASE: Final = "/api/v1/datafeed"
_WITH_TOKEN: Final = re.compile(rf"{BASE}/([A-Za-z0-9_-]{{20,128}})(/udf(?:/[^/]*)?/?)")


def address_of(token: str) -> str:
    """The datafeed's address with the token in it."""
    return f"{BASE}/{token}/udf"


def without_token(event: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The request as the routes know it, and the token that its path had."""
    found = _WITH_TOKEN.fullmatch(event["path"])
    if found is None:
        return event, None
    around = {**(event.get("requestContext") or {}), "path": f"{BASE}{found[2]}"}
    return {**event, "path": f"{BASE}{found[2]}", "pathParameters": None, "requestContext": around}, found[1]


def _reader(request: Request) -> TenantId:
    feed: FeedToken | None = request.context.get("feed")
    if feed is not None:
        return feed.tenant_id
    caller: Caller = request.context["caller"]
    for subject in ("Candle", "Ledger", "RuleSet"):
        caller.require("read", subject)
    return caller.tenant_id


OurReader = Annotated[TenantId, Depends(_reader)]
"""Whose series, trades and firings may be read."""
