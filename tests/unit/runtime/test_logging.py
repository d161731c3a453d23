import json
import logging
import sys

import pytest

from nightdesk.kernel.ids import CorrelationId
from nightdesk.runtime import correlation
from nightdesk.runtime.logging import JsonFormatter, redact


def line(message: str, *arguments: object, **extra: object) -> dict[str, object]:
    """What a log call writes."""
    record = logging.LogRecord("nightdesk.x", logging.INFO, __file__, 1, message, arguments, None)
    record.__dict__.update(extra)
    written: dict[str, object] = json.loads(JsonFormatter(service="api", version="1.2").format(record))
    return written


def test_a_line_has_the_fields_of_every_process() -> None:
    with correlation.bound(CorrelationId("abcdef-123456")):
        written = line("hello %s", "you", account_id="7")
    assert written["message"] == "hello you"
    assert (written["service"], written["version"], written["level"]) == ("api", "1.2", "INFO")
    assert (written["correlation_id"], written["account_id"]) == ("abcdef-123456", "7")
    assert str(written["timestamp"]).endswith("+00:00")


@pytest.mark.parametrize(
    "name",
    ["password", "secret", "access_token", "api_key", "apiKey", "Authorization", "signing_secret", "key", "Cookie"],
)
def test_secrets_are_hidden_by_name(name: str) -> None:
    assert redact({name: "hunter2", "nested": [{name: "hunter2"}]}) == {name: "***", "nested": [{name: "***"}]}


@pytest.mark.parametrize(
    "text",
    [
        "Bearer hunter2hunter2",
        "token eyJhbGciOiJI.eyJzdWIiOiJodW50ZXIyIn0.hunter2",
        "postgresql://nightdesk_app:hunter2@db:5432/desk",
        "password=hunter2 host=db",
        '{"password": "hunter2"}',
        "GET /api/v3/account?timestamp=1&signature=hunter2",
        "key=K; secret: hunter2",
        "GET /api/v1/datafeed/hunter2hunter2hunter2/udf/config",
    ],
)
def test_secrets_are_hidden_by_form(text: str) -> None:
    assert "hunter2" not in str(line(text))


def test_secrets_in_exceptions_are_hidden() -> None:
    try:
        raise ValueError("refused password=hunter2")  # noqa: TRY301
    except ValueError:
        assert "hunter2" not in str(line("failed", exc_info=sys.exc_info()))


def test_ordinary_words_stay() -> None:
    assert line("imported trades:XRP/ETH for account", keyboard="qwerty")["keyboard"] == "qwerty"
    assert line("the secret was rotated")["message"] == "the secret was rotated"
    assert line("GET /api/v1/datafeed/udf/config")["message"] == "GET /api/v1/datafeed/udf/config"
