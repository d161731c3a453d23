"""The entry of a function: logs, traces, metrics and the correlation id around its handler."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from time import perf_counter
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from nightdesk.runtime import serving
from nightdesk.runtime.logging import function_logger
from nightdesk.runtime.metrics import Meter
from nightdesk.runtime.settings import settings
from nightdesk.runtime.tracing import tracer

Handler = Callable[[dict[str, Any], LambdaContext], Any]


def entry(service: str) -> Callable[[Handler], Handler]:
    """Decorate a function's handler; nothing is read or connected before the first event."""

    def decorate(handler: Handler) -> Handler:
        @cache
        def prepared() -> tuple[Handler, Meter]:
            present = settings()
            logger = function_logger(service=service, version=present.service_version, level=present.log_level)
            return _observed(handler, logger, tracer(service, present)), Meter(service)

        @wraps(handler)
        def run(event: dict[str, Any], context: LambdaContext) -> Any:
            observed, meter = prepared()
            with serving.named(service):
                return _measured(observed, meter, event, context)

        return run

    return decorate


def _observed(handler: Handler, logger: Logger, trace: Tracer) -> Handler:
    """With the invocation's request id in every line and its own segment."""
    observed: Handler = logger.inject_lambda_context(trace.capture_lambda_handler(handler, capture_response=False))
    return observed


def _measured(handler: Handler, meter: Meter, event: dict[str, Any], context: LambdaContext) -> Any:
    started = perf_counter()
    try:
        return handler(event, context)
    except Exception:
        meter.count("Failures")
        raise
    finally:
        meter.duration_ms("Duration", (perf_counter() - started) * 1000)
        meter.flush()
