"""News of ledgers over Valkey: published on `ledger.<tenant_id>` once what they tell is committed."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Final

from redis import Redis

from nightdesk.adapters.redis.errors import unavailable
from nightdesk.contracts.api.present import entry_shape
from nightdesk.contracts.live import VERSION, ledger_subject
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import Entry

ENTRIES_MAX: Final = 50
"""More entries at once are only counted: whoever shows them reads them from the ledger."""

_log = logging.getLogger(__name__)


class ValkeyLedgerNews:
    """Tells whoever listens now; that nobody could be told is logged and harms nothing.

    A message is `{"v":1, "account_id", "entries": [as the API shows them], "count"}`; `entries` is empty when there
    are more than 50, and `count` is 0 when only what follows from the entries changed.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client

    def publish(self, tenant_id: TenantId, account_id: AccountId, entries: Sequence[Entry]) -> None:
        """Tell that these entries were recorded."""
        shown = entries if len(entries) <= ENTRIES_MAX else ()
        message = {
            "v": VERSION,
            "account_id": str(account_id),
            "entries": [entry_shape(entry).model_dump(mode="json") for entry in shown],
            "count": len(entries),
        }
        try:
            with unavailable():
                self._client.publish(ledger_subject(tenant_id), json.dumps(message, separators=(",", ":")))
        except Unavailable as error:
            _log.warning("news of a ledger not told", extra={"error_code": error.code})


class NotedNews:
    """What one transaction recorded, to be told once it is committed.

    Args:
        news: None where nobody is told.
    """

    def __init__(self, news: ValkeyLedgerNews | None) -> None:
        self._news = news
        self._noted: dict[tuple[TenantId, AccountId], list[Entry]] = {}

    def note(self, tenant_id: TenantId, account_id: AccountId, entries: Sequence[Entry]) -> None:
        """These were recorded; none were, but holdings changed."""
        self._noted.setdefault((tenant_id, account_id), []).extend(entries)

    def tell(self) -> None:
        """Tell it; to be called after the commit."""
        if self._news is not None:
            for (tenant_id, account_id), entries in self._noted.items():
                self._news.publish(tenant_id, account_id, entries)
