"""What can be wrong with an expression."""

from __future__ import annotations

from nightdesk.kernel.errors import InvalidInput


class ExpressionError(InvalidInput):
    """A text that is no expression, or one that can't be computed.

    Attributes:
        position: Of the character where it goes wrong, from 0; within a formula that is used, of its use.
    """

    def __init__(self, code: str, message: str, position: int = 0) -> None:
        super().__init__(code, f"{message} (at character {position + 1})")
        self.position = position
        self.reason = message
