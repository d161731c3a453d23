"""What the actions of a firing need from outside, and what they give to whoever fires and whoever sets up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NewType, Protocol
from uuid import UUID

from nightdesk.kernel.ids import CorrelationId, TenantId, UserId
from nightdesk.rules.actions import Action, BotPart, FailurePolicy

RuleSetId = NewType("RuleSetId", UUID)
FiringId = NewType("FiringId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionsDue:
    """What a firing wants done.

    Attributes:
        portfolio_id: Whose holdings a scope means; a tenant's one portfolio has the tenant's id.
        rule_set: The rule set's name, for messages.
        reason: One sentence with the values seen, for messages.
        actions: In sequence.
        seen_at: When the venue made the price that let it fire; the first hop of the flight recorder.
    """

    tenant_id: TenantId
    portfolio_id: TenantId
    rule_set_id: RuleSetId
    rule_set_version: int
    rule_set: str
    firing_id: FiringId
    reason: str
    actions: tuple[Action, ...]
    policy: FailurePolicy
    correlation_id: CorrelationId
    fired_at: datetime
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringRef:
    """What names a firing whose actions are to be run."""

    tenant_id: TenantId
    rule_set_id: RuleSetId
    firing_id: FiringId
    correlation_id: CorrelationId


class ActionJournal(Protocol):
    """Keeps what is to be done, within the transaction of the firing."""

    def begin(self, due: ActionsDue) -> None:
        """Keep one run per action, in sequence, to be taken by `actions_run`; the same firing again changes nothing."""
        ...


class ActionQueue(Protocol):
    """Where firings wait for `actions_run`, in order within their rule set; a lost message is sent again."""

    def send(self, due: ActionsDue) -> None:
        """Hand the firing over, after its transaction has ended.

        Raises:
            Unavailable: `queue.unavailable`; a sweeper sends it later, so the caller may go on.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A person's consent to dangerous actions, as it is kept.

    Attributes:
        token_hash: SHA-256 of the token; the token itself is with the person only.
        actions_hash: Of the canonical text of the actions that were shown.
    """

    tenant_id: TenantId
    token_hash: bytes
    rule_set_id: RuleSetId
    rule_set_version: int
    actions_hash: str
    user_id: UserId
    issued_at: datetime
    expires_at: datetime


class ConfirmationStore(Protocol):
    """Keeps consents, within one transaction of one tenant."""

    def add(self, confirmation: Confirmation) -> None:
        """Keep a new consent."""
        ...

    def take(self, tenant_id: TenantId, token_hash: bytes, now: datetime) -> Confirmation | None:
        """The consent, used up by this: None if there is none or it was used before."""
        ...


class BotPort(Protocol):
    """The way to the user's bots at other services."""

    def reduce_buy_amount(self, tenant_id: TenantId, bot_id: str, ratio: Decimal) -> None:
        """Let the bot spend less at a time.

        Raises:
            Conflict: `bots.none_connected`.
        """
        ...

    def switch(self, tenant_id: TenantId, bot_id: str, part: BotPart, *, on: bool) -> None:
        """Switch a part of the bot on or off.

        Raises:
            Conflict: `bots.none_connected`.
        """
        ...
