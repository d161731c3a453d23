"""Queues between functions and the bus that events are published on."""

from aws_cdk import aws_events as events
from constructs import Construct

from stacks.config import DeskConfig
from stacks.constructs.watched_queue import WatchedQueue
from stacks.desk_stack import DeskStack

IMPORT_TIMEOUT_S = 120
FILES_TIMEOUT_S = 120
REFRESH_TIMEOUT_S = 60
BACKFILL_TIMEOUT_S = 120
RECORD_TIMEOUT_S = 60
ALERT_TIMEOUT_S = 60
ACTIONS_TIMEOUT_S = 60
RULES_TIMEOUT_S = 30


class MessagingStack(DeskStack):
    """Each queue stays hidden a little longer than its function may take, so that nothing is worked on twice."""

    def __init__(self, scope: Construct, *, config: DeskConfig) -> None:
        super().__init__(scope, "messaging", config=config, description="queues and the event bus")
        self.accounts_import = self._queue("accounts-import", IMPORT_TIMEOUT_S + 30, attempts=20)
        self.files_import = self._queue("files-import", FILES_TIMEOUT_S + 30, attempts=20)
        self.accounts_refresh = self._queue("accounts-refresh", REFRESH_TIMEOUT_S + 30, attempts=3)
        # Venues that want to be left alone are waited for by the range itself; a message is only ever redelivered.
        self.candles_backfill = self._queue("candles-backfill", BACKFILL_TIMEOUT_S + 30, attempts=20)
        self.trades_inbound = self._queue("trades-inbound.fifo", RECORD_TIMEOUT_S + 30, attempts=5)
        self.alerts = self._queue("alerts", ALERT_TIMEOUT_S + 30, attempts=5)
        self.rules_evaluate = self._queue("rules-evaluate", RULES_TIMEOUT_S + 15, attempts=5)
        # A firing that waits for a venue comes back so often; after that the sweeper sends it again each minute.
        self.actions = self._queue("actions.fifo", ACTIONS_TIMEOUT_S + 15, attempts=10)
        self.bus = events.EventBus(self, "Bus", event_bus_name=config.prefix)

    def _queue(self, name: str, visible_after_s: int, attempts: int) -> WatchedQueue:
        return WatchedQueue(self, name, prefix=self.config.prefix, visible_after_s=visible_after_s, attempts=attempts)
