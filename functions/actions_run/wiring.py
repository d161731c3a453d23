"""What the function is made of."""

from __future__ import annotations

from functools import cache

from nightdesk.adapters.postgres.actions import PostgresSilentFirings
from nightdesk.rules.action_running import ActionRunner
from nightdesk.rules.action_sweeping import ActionSweeper
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import settings
from nightdesk.wiring import open_database, open_stores
from nightdesk.wiring_actions import action_queue, action_runner


@cache
def wire() -> ActionRunner:
    """What runs firings."""
    here = settings()
    return action_runner(here, open_stores(here))


@cache
def wire_sweeper() -> ActionSweeper:
    """What sends lost firings again; its database role sees of every tenant which are open."""
    here = settings()
    across = here.model_copy(
        update={"database_secret": here.outbox_database_secret, "database_url": here.outbox_database_url}
    )
    firings = PostgresSilentFirings(open_database(across, connections_max=1))
    return ActionSweeper(firings, action_queue(here), SystemClock())
