"""What was chosen in part is as chosen as it is."""

from __future__ import annotations

from nightdesk.adapters.postgres.alerts_preferences import preferences_of, shape_of
from nightdesk.alerts.preferences import Preferences


def test_what_is_left_out_was_not_chosen() -> None:
    assert preferences_of({}) == Preferences()
    assert preferences_of({"zone": "Asia/Kolkata"}) == Preferences(zone="Asia/Kolkata")
    assert preferences_of(shape_of(Preferences())) == Preferences()
