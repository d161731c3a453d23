"""A process that asks a venue for balances again and again with one key, and tells how often its nonce was refused.

Arguments: venue, route, Valkey's address, key, how often. The secret comes by the environment.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from nightdesk.accounts.model import Credential
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSessions
from nightdesk.kernel.assets import VenueId
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import Settings
from nightdesk.wiring_venues import shared_budget, shared_turns


def hammer(venue: str, settings: Settings, credential: Credential, times: int) -> int:
    """How many answers complained of the nonce."""
    turns, balance = shared_turns(settings), shared_budget(settings)
    sessions = ExchangeSessions(Route.parse(settings.venues_route), SystemClock(), balance=balance, turns=turns)
    with sessions.try_out(VenueId(venue), credential) as session:
        refused = 0
        note = session.client.raw.on_rest_response

        def noting(status: int, reason: str, *more: Any) -> str:
            nonlocal refused
            refused += "nonce" in str(more[3])
            return str(note(status, reason, *more))

        session.client.raw.on_rest_response = noting
        for _ in range(times):
            assert session.balances()
    sessions.close()
    return refused


if __name__ == "__main__":
    venue, route, valkey_url, balancer, key, times = sys.argv[1:]
    told = {"venues_route": route, "valkey_url": valkey_url or None, "balancer": balancer}
    print(hammer(venue, Settings.model_validate(told), Credential(key, os.environ["SECRET"]), int(times)))
