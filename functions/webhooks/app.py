"""The routes, as Chalice knows them; API Gateway has one resource for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from chalice import Chalice, Response

from functions.webhooks.receiving import Receiver, receive_trade
from functions.webhooks.signals import receive_signal
from nightdesk.alerts.signal_receiving import SignalService
from nightdesk.runtime.http import Reply, boundary

TRADES = "/webhooks/v1/trades/{token}"
TRADINGVIEW = "/hooks/tradingview/{token}"


def make_app(receiver: Callable[[], Receiver], signals: Callable[[], SignalService]) -> Chalice:
    """The application; what receives is made at the first request of its kind."""
    app = Chalice(app_name="nightdesk-webhooks", configure_logs=False)

    @app.route(TRADES, methods=["POST"], content_types=["application/json"])  # type: ignore[untyped-decorator]
    def trades(token: str) -> Response:
        event = cast("dict[str, Any]", app.current_request.to_original_event())
        return _response(boundary(event, lambda: receive_trade(event, token, receiver())))

    @app.route(TRADINGVIEW, methods=["POST"], content_types=["application/json", "text/plain"])  # type: ignore[untyped-decorator]
    def tradingview(token: str) -> Response:
        event = cast("dict[str, Any]", app.current_request.to_original_event())
        return _response(boundary(event, lambda: receive_signal(event, token, signals)))

    return app


def _response(reply: Reply) -> Response:
    headers = {name: values[-1] for name, values in reply["multiValueHeaders"].items()}
    return Response(body=reply["body"], status_code=reply["statusCode"], headers=headers)
