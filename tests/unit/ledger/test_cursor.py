import json
from base64 import urlsafe_b64encode

import pytest

from nightdesk.kernel.errors import InvalidInput
from nightdesk.ledger.cursor import decode_cursor, encode_cursor
from nightdesk.ledger.model import Place
from tests.builders.ledger import ACCOUNT, START


def test_cursor_comes_back_as_the_place_it_was_made_of() -> None:
    place = Place(START, ACCOUNT, 2**63 - 1)
    assert decode_cursor(encode_cursor(place)) == place


def text(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


INSTANT = "2024-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "%%%",
        "a",
        "é",
        text([]),
        text({}),
        text(7),
        text([INSTANT, str(ACCOUNT), "1"]),
        text([INSTANT, str(ACCOUNT), True]),
        text([INSTANT, str(ACCOUNT), 0]),
        text([INSTANT, str(ACCOUNT), 2**63]),
        text([INSTANT, "nobody", 1]),
        text([INSTANT, 7, 1]),
        text([7, str(ACCOUNT), 1]),
        text(["yesterday", str(ACCOUNT), 1]),
        text(["x" * 500, str(ACCOUNT), 1]),
    ],
)
def test_cursor_that_nobody_made_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        decode_cursor(cursor)
    assert refusal.value.code == "ledger.cursor_malformed"
