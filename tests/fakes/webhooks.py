"""Webhooks' ports in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from nightdesk.accounts.webhooks import Webhook, WebhookTarget
from nightdesk.contracts.webhooks import TradeInbound
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import AccountId, TenantId


@dataclass(slots=True)
class FakeWebhookStore:
    """Webhooks by the hash of their token; every account is at one venue."""

    by_hash: dict[bytes, Webhook] = field(default_factory=dict)

    def __call__(self, tenant_id: TenantId | None) -> AbstractContextManager[FakeWebhookStore]:  # noqa: ARG002
        return self._open()

    @contextmanager
    def _open(self) -> Iterator[FakeWebhookStore]:
        yield self

    def get(self, tenant_id: TenantId, account_id: AccountId) -> Webhook | None:
        own = (each for each in self.by_hash.values() if (each.tenant_id, each.account_id) == (tenant_id, account_id))
        return next(own, None)

    def put(self, webhook: Webhook, token_hash: bytes) -> None:
        self.remove(webhook.tenant_id, webhook.account_id)
        self.by_hash[token_hash] = webhook

    def remove(self, tenant_id: TenantId, account_id: AccountId) -> None:
        gone = self.get(tenant_id, account_id)
        self.by_hash = {key: each for key, each in self.by_hash.items() if each is not gone}

    def used(self, token_hash: bytes, at: datetime) -> WebhookTarget | None:
        found = self.by_hash.get(token_hash)
        if found is None:
            return None
        self.by_hash[token_hash] = replace(found, last_used_at=at)
        return WebhookTarget(tenant_id=found.tenant_id, account_id=found.account_id, venue=VenueId("binance"))


@dataclass(slots=True)
class FakeTradeQueue:
    """A FIFO queue that takes each event once."""

    trades: dict[str, TradeInbound] = field(default_factory=dict)
    is_down: bool = False

    def send(self, trade: TradeInbound) -> None:
        if self.is_down:
            raise Unavailable("queue.unavailable", "The queue of trades does not answer.")
        self.trades.setdefault(trade.deduplication, trade)
