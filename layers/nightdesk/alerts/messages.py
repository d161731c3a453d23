"""What a channel is given: an alert, a digest of several, or a test, in one form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from nightdesk.alerts.model import RaisedAlert, Severity
from nightdesk.alerts.sealing import Address

LINES_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What people read and programs are told.

    Attributes:
        identity: The same whenever the same message is sent again.
        name: What a program is told happened: `alert.raised.v1`.
        link: A path of the web app.
        code: To be typed into the page, in a test.
    """

    identity: str
    name: str
    title: str
    text: str = ""
    severity: Severity = Severity.INFO
    category: str = "test"
    facts: Mapping[str, str] = field(default_factory=dict)
    link: str | None = None
    raised_at: datetime
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A channel has taken a message; `name` is its own name for it, if it says one."""

    name: str | None = None
    shows_code: bool = False


class ChannelSender(Protocol):
    """One kind of channel."""

    def send(self, address: Address, message: Message) -> Receipt:
        """Hand the message over.

        Raises:
            InvalidInput, NotFound, Forbidden: It will never be taken.
            RateLimited, Unavailable: It was not taken now.
            OutcomeUnknown: It may have been taken; sending the same identity again is the lesser evil.
        """
        ...

    def probe(self, address: Address, identity: str) -> None:
        """Go the whole way to the channel without disturbing anybody; errors as `send`."""
        ...


def of_alert(identity: str, raised: RaisedAlert) -> Message:
    """One alert."""
    alert = raised.alert
    return Message(
        identity=identity,
        name="alert.raised.v1",
        title=alert.title,
        text=alert.text,
        severity=alert.severity,
        category=alert.category.value,
        facts=alert.facts,
        link=alert.link,
        raised_at=raised.raised_at,
    )


def of_digest(identity: str, alerts: Sequence[RaisedAlert], now: datetime) -> Message:
    """Several alerts, one line each; the rest is counted."""
    lines = [f"{each.raised_at:%H:%M} UTC  {each.alert.title}" for each in alerts[:LINES_MAX]]
    if len(alerts) > LINES_MAX:
        lines.append(f"and {len(alerts) - LINES_MAX} more")
    worst = max((each.alert.severity for each in alerts), key=lambda severity: severity.rank)
    return Message(
        identity=identity,
        name="alert.digest.v1",
        title=f"{len(alerts)} alerts" if len(alerts) > 1 else alerts[0].alert.title,
        text="\n".join(lines),
        severity=worst,
        category="digest",
        link="/alerts",
        raised_at=now,
    )


def of_test(identity: str, code: str, now: datetime) -> Message:
    """A test message with the code that proves it arrived."""
    return Message(
        identity=identity,
        name="channel.tested.v1",
        title="Nightdesk: test of this channel",
        text=f"The code is {code}. Type it into the page to use this channel for alerts.",
        raised_at=now,
        link="/alerts?tab=channels",
        code=code,
    )
