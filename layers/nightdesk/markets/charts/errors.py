"""What can be wrong about charts."""

from __future__ import annotations

from nightdesk.kernel.errors import Conflict, Forbidden


def layout_changed() -> Conflict:
    """Somebody was first."""
    return Conflict("charts.layout_changed", "The layout was changed elsewhere meanwhile; look at it again.")


def name_taken(name: str) -> Conflict:
    """Another of the user's has the name."""
    return Conflict("charts.name_taken", f"There is one called {name!r} already.")


def private(what: str) -> Forbidden:
    """What is of a portfolio stays in its tenant."""
    message = f"{what} is of a portfolio: it can be shared within your own tenant only."
    return Forbidden("charts.portfolio_not_shared", message)
