"""What the function is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from uuid import uuid4

from nightdesk.adapters.postgres.orders import PostgresOrderUnits
from nightdesk.adapters.postgres.trading import PostgresLoose, PostgresPlatformHalts
from nightdesk.kernel.instants import Clock
from nightdesk.orders.halting import PlatformSwitch
from nightdesk.orders.sweeping import OrderSweeper
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import settings
from nightdesk.wiring import open_database, open_stores
from nightdesk.wiring_orders import trading


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """The function's parts."""

    sweeper: OrderSweeper
    platform: PlatformSwitch
    clock: Clock


@cache
def wire() -> Wired:
    """Two roles: one finds what is loose of all tenants and sees little else, the other works for one tenant."""
    here, clock = settings(), SystemClock()
    stores = open_stores(here)
    across = open_database(
        here.model_copy(
            update={"database_secret": here.outbox_database_secret, "database_url": here.outbox_database_url}
        ),
        connections_max=1,
    )
    sweeper = OrderSweeper(
        loose=PostgresLoose(across),
        units=PostgresOrderUnits(stores.database),
        desk=trading(here, stores).desk,
        clock=clock,
    )
    platform = PlatformSwitch(halts=PostgresPlatformHalts(across), clock=clock, new_id=uuid4)
    return Wired(sweeper=sweeper, platform=platform, clock=clock)
