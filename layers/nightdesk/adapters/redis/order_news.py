"""News of orders over Valkey: published on `orders.<tenant_id>` once what they tell is committed."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from redis import Redis

from nightdesk.adapters.redis.errors import unavailable
from nightdesk.contracts.live import VERSION, orders_subject
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import TenantId
from nightdesk.orders.model import Order

_log = logging.getLogger(__name__)


class ValkeyOrderNews:
    """Tells whoever listens now; that nobody could be told is logged and harms nothing.

    A message is `{"v":1, "orders": [{"order_id", "account_id", "state"}]}`: whoever shows orders reads them again.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client

    def publish(self, tenant_id: TenantId, orders: Sequence[Order]) -> None:
        """Tell that these orders changed."""
        if not orders:
            return
        told = [
            {"order_id": str(order.order_id), "account_id": str(order.account_id), "state": order.state.value}
            for order in orders
        ]
        message = json.dumps({"v": VERSION, "orders": told}, separators=(",", ":"))
        try:
            with unavailable():
                self._client.publish(orders_subject(tenant_id), message)
        except Unavailable as error:
            _log.warning("news of orders not told", extra={"error_code": error.code})
