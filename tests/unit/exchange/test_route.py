import pytest

from nightdesk.adapters.exchange.route import Route
from nightdesk.kernel.errors import InvalidInput


def test_direct() -> None:
    assert Route.parse("direct") == Route()


def test_local() -> None:
    assert Route.parse("local:127.0.0.1:9890:/state/ca.pem") == Route("127.0.0.1", 9890, "/state/ca.pem")


@pytest.mark.parametrize("text", ["", "Direct", "local", "local:127.0.0.1:x:/ca", "http://127.0.0.1", "local:host:1"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Route.parse(text)
