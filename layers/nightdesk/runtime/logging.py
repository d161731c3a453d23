"""Logs as JSON lines, the same fields from functions and services, without secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Final

import orjson
from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from nightdesk.runtime import correlation

HIDDEN: Final = "***"
_SECRET_NAMES: Final = re.compile(
    r"(?i)(^|_|-)(password|secret|token|authorization|signature|api_?key|private_?key|cookie|credential|passphrase)s?$|^key$"
)
_SECRET_TEXTS: Final = (
    (re.compile(r"(/(?:hooks/[a-z]+|webhooks/v1/[a-z]+|datafeed)/)[A-Za-z0-9_-]{8,}"), r"\1***"),
    (re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}"), r"\1***"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), HIDDEN),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+@"), r"\1***@"),
    (
        re.compile(
            r"(?i)\b(password|secret|signature|apikey|api_key|access_token|refresh_token)([\"']?\s*[=:]\s*[\"']?)[^\s&\"',;}]+"
        ),
        r"\1\2***",
    ),
)


class JsonFormatter(LambdaPowertoolsFormatter):
    """One JSON object a line, with the correlation id; secrets are hidden by name and by form."""

    def __init__(self, *, service: str, version: str) -> None:
        super().__init__(utc=True, use_rfc3339=True, service=service, version=version)

    def format(self, record: logging.LogRecord) -> str:
        """The line; the correlation id is taken at the moment of logging."""
        if not hasattr(record, "correlation_id"):
            record.correlation_id = correlation.current()
        return super().format(record)

    def serialize(self, log: Any) -> str:
        """The fields as JSON, redacted."""
        return orjson.dumps(redact(log), default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def redact(value: Any) -> Any:
    """The value with every secret in it hidden."""
    if isinstance(value, str):
        return _redact_text(value)
    if isinstance(value, Mapping):
        return {name: HIDDEN if _is_secret(name) else redact(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _redact_text(str(value))


def configure(*, service: str, version: str, level: str = "INFO") -> None:
    """Send everything this process logs to standard output as JSON, once; for services."""
    _install(service=service, version=version, level=level)


def function_logger(*, service: str, version: str, level: str = "INFO") -> Logger:
    """The Powertools logger of a function; domains' stdlib loggers come out in the same form."""
    handler = _install(service=service, version=version, level=level)
    formatter = handler.formatter
    assert isinstance(formatter, JsonFormatter)  # noqa: S101 - _install has just set it
    logger = Logger(service=f"nightdesk.{service}", level=level, logger_handler=handler, logger_formatter=formatter)
    formatter.append_keys(service=service)
    logging.getLogger(f"nightdesk.{service}").propagate = False
    return logger


def _install(*, service: str, version: str, level: str) -> logging.Handler:
    """Replace the root's handlers (the runtime brings one of its own) by ours."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service=service, version=version))
    root = logging.getLogger()
    for other in list(root.handlers):
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("nightdesk").setLevel(level)
    for name in ("functions", "fargate"):
        logging.getLogger(name).setLevel(level)
    return handler


def _is_secret(name: object) -> bool:
    return isinstance(name, str) and _SECRET_NAMES.search(name) is not None


def _redact_text(text: str) -> str:
    for pattern, replacement in _SECRET_TEXTS:
        text = pattern.sub(replacement, text)
    return text
