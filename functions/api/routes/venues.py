"""Which venues there are."""

from __future__ import annotations

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.common import VenueList
from nightdesk.contracts.api.present import venue_shape

router = new_router()


@router.get("/venues", summary="Venues that can be connected", tags=["accounts"])
def list_venues(desk: OurDesk, caller: OurCaller) -> VenueList:
    """Each with what it needs of the user."""
    caller.require("read", "Account")
    return VenueList(items=[venue_shape(venue) for venue in desk.accounts.venues()])
