"""A message as people read it where there is only text."""

from __future__ import annotations

from typing import Final

from nightdesk.alerts.messages import Message
from nightdesk.alerts.model import Severity

MARKS: Final = {Severity.INFO: "ℹ️", Severity.WARNING: "⚠️", Severity.CRITICAL: "🚨"}  # noqa: RUF001 - a sign for information


def headline(message: Message) -> str:
    """Its first line, with a sign of how much it matters."""
    return f"{MARKS[message.severity]} {message.title}"


def full_text(message: Message, origin: str) -> str:
    """Headline, text, facts, address of the page that tells more."""
    facts = "\n".join(f"{name}: {value}" for name, value in message.facts.items() if value)
    link = f"{origin}{message.link}" if message.link else ""
    return "\n\n".join(part for part in (headline(message), message.text, facts, link) if part)
