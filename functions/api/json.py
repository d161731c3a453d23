"""JSON in and out: strict, and fast."""

from __future__ import annotations

import json
from typing import Any

import orjson


def dump(content: object) -> str:
    """The content as JSON."""
    return orjson.dumps(content).decode()


def parse_object(text: str) -> dict[str, Any]:
    """The object that the text is.

    Raises:
        json.JSONDecodeError: It is not JSON, nested too deep, or not an object.
    """
    content = orjson.loads(text)
    if not isinstance(content, dict):
        raise json.JSONDecodeError("not an object", "", 0)
    return content
