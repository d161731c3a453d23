from nightdesk.balancer.tables import VENUES
from tests.fakes.desk import Caller


def test_every_venue_has_a_budget_with_its_source(anna: Caller) -> None:
    answer = anna.call("GET", "/api/v1/balancer")

    assert answer.status == 200
    assert [item["venue"] for item in answer.json["items"]] == list(VENUES)
    assert all(item["source"].startswith("https://") for item in answer.json["items"])


def test_budgets_are_shown_to_nobody_without_a_token(stranger: Caller) -> None:
    assert stranger.call("GET", "/api/v1/balancer").status == 401
