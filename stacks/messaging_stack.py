"""Queues between functions and the bus that events are published on."""

from aws_cdk import aws_events as events
from constructs import Construct

from stacks.config import DeskConfig
from stacks.constructs.watched_queue import WatchedQueue
from stacks.desk_stack import DeskStack

IMPORT_TIMEOUT_S = 120
REFRESH_TIMEOUT_S = 60
RECORD_TIMEOUT_S = 60


class MessagingStack(DeskStack):
    """Each queue stays hidden a little longer than its function may take, so that nothing is worked on twice."""

    def __init__(self, scope: Construct, *, config: DeskConfig) -> None:
        super().__init__(scope, "messaging", config=config, description="queues and the event bus")
        self.accounts_import = self._queue("accounts-import", IMPORT_TIMEOUT_S + 30, attempts=20)
        self.accounts_refresh = self._queue("accounts-refresh", REFRESH_TIMEOUT_S + 30, attempts=3)
        self.trades_inbound = self._queue("trades-inbound.fifo", RECORD_TIMEOUT_S + 30, attempts=5)
        self.bus = events.EventBus(self, "Bus", event_bus_name=config.prefix)

    def _queue(self, name: str, visible_after_s: int, attempts: int) -> WatchedQueue:
        return WatchedQueue(self, name, prefix=self.config.prefix, visible_after_s=visible_after_s, attempts=attempts)
