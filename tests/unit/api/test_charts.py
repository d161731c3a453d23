"""Layouts, points and shares of charts, as callers see them."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from nightdesk.contracts.api.chart_layouts import LayoutContent
from nightdesk.identity.model import Role
from tests.fakes.desk import Caller, FakeDesk

LINE = {
    "id": "line-1",
    "kind": "trend_line",
    "series": "BINANCE:BTC/USDT",
    "anchors": [{"at_ms": 1_772_366_400_000, "price": 50_000.5}, {"at_ms": 1_772_452_800_000, "price": 51_000.25}],
}
CONTENT: dict[str, Any] = {
    "series": "BINANCE:BTC/USDT",
    "resolution": "15m",
    "studies": [{"place": "under", "text": "RSI(series,resolution,14)"}],
    "drawings": [LINE],
}
PORTFOLIO = f"PORTFOLIO:{UUID(int=7)}"


def put(caller: Caller, layout_id: str, replaces: int = 0, **changed: Any) -> Any:
    body = {"name": "Mine", "content": {**CONTENT, **changed}, "replaces": replaces}
    return caller.call("PUT", f"/api/v1/chart-layouts/{layout_id}", body)


def share(caller: Caller, share_id: str, *, is_open: bool = True, **changed: Any) -> Any:
    body = {"name": "Look", "open": is_open, "content": {**CONTENT, **changed}}
    return caller.call("PUT", f"/api/v1/chart-shares/{share_id}", body)


def opened(caller: Caller, token: str) -> Any:
    return caller.call("POST", "/api/v1/chart-shares/open", {"token": token})


@pytest.fixture
def layout_id() -> str:
    return str(uuid4())


class TestLayouts:
    def test_what_was_kept_comes_back(self, anna: Caller, layout_id: str) -> None:
        made = put(anna, layout_id).json
        assert (made["version"], made["content"]) == (1, LayoutContent.model_validate(CONTENT).model_dump(mode="json"))
        assert anna.call("GET", f"/api/v1/chart-layouts/{layout_id}").json == made
        (listed,) = anna.call("GET", "/api/v1/chart-layouts").json["items"]
        assert (listed["name"], listed["series"], listed["resolution"]) == ("Mine", "BINANCE:BTC/USDT", "15m")

    def test_the_same_again_is_one_version(self, anna: Caller, layout_id: str) -> None:
        assert put(anna, layout_id).json == put(anna, layout_id).json
        assert put(anna, layout_id, 1, resolution="1h").json["version"] == 2

    def test_who_saw_an_older_version_does_not_overwrite(self, anna: Caller, layout_id: str) -> None:
        put(anna, layout_id)
        put(anna, layout_id, 1, resolution="1h")
        late = put(anna, layout_id, 1, resolution="4h")
        assert (late.status, late.code) == (409, "charts.layout_changed")
        assert anna.call("GET", f"/api/v1/chart-layouts/{layout_id}").json["content"]["resolution"] == "1h"

    def test_names_are_taken_once(self, anna: Caller, layout_id: str) -> None:
        put(anna, layout_id)
        assert put(anna, str(uuid4())).code == "charts.name_taken"

    def test_another_users_are_not_there(self, anna: Caller, boris: Caller, layout_id: str) -> None:
        put(anna, layout_id)
        path = f"/api/v1/chart-layouts/{layout_id}"
        assert boris.call("GET", path).code == "charts.layout_not_found"
        assert boris.call("DELETE", path).code == "charts.layout_not_found"
        assert put(boris, layout_id).json["version"] == 1
        assert anna.call("DELETE", path).status == 204
        assert boris.call("GET", path).status == 200

    def test_pages(self, anna: Caller, fake: FakeDesk) -> None:
        for number in range(5):
            fake.clock.advance(1)
            body = {"name": f"Number {number}", "content": CONTENT}
            assert anna.call("PUT", f"/api/v1/chart-layouts/{uuid4()}", body).status == 200
        first = anna.call("GET", "/api/v1/chart-layouts?limit=3").json
        second = anna.call("GET", f"/api/v1/chart-layouts?limit=3&cursor={first['next_cursor']}").json
        names = [each["name"] for each in (*first["items"], *second["items"])]
        assert (names, second["next_cursor"]) == ([f"Number {number}" for number in (4, 3, 2, 1, 0)], None)
        assert anna.call("GET", "/api/v1/chart-layouts?cursor=nonsense").code == "charts.cursor_malformed"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"series": "nonsense"},
            {"resolution": "fortnight"},
            {"resolution": "0m"},
            {"unknown": 1},
            {"v": 2},
            {"drawings": [{**LINE, "kind": "elephant"}]},
            {"drawings": [{**LINE, "anchors": []}]},
            {"drawings": [{**LINE, "text": "\x00"}]},
            {"drawings": [LINE] * 301},
            {"studies": [{"place": "beside", "text": "1"}]},
        ],
    )
    def test_what_is_no_layout_is_refused(self, anna: Caller, layout_id: str, wrong: dict[str, Any]) -> None:
        assert put(anna, layout_id, **wrong).code == "request.invalid"

    def test_a_layout_has_a_size(self, anna: Caller, layout_id: str) -> None:
        big = [{**LINE, "id": f"note-{number}", "text": "x" * 500} for number in range(300)]
        answer = put(anna, layout_id, drawings=big)
        assert (answer.status, answer.code) == (413, "charts.layout_too_large")

    def test_any_number_of_layouts_is_too_many(self, anna: Caller) -> None:
        for number in range(100):
            anna.call("PUT", f"/api/v1/chart-layouts/{UUID(int=number)}", {"name": f"N{number}", "content": CONTENT})
        assert put(anna, str(uuid4())).code == "charts.too_many_layouts"

    def test_a_viewer_keeps_charts_but_shares_none(self, anna: Caller, fake: FakeDesk, layout_id: str) -> None:
        fake.users.users = {key: replace(user, role=Role.VIEWER) for key, user in fake.users.users.items()}
        assert put(anna, layout_id).status == 200
        assert share(anna, str(uuid4())).code == "permission.denied"


class TestPoints:
    def make(self, caller: Caller, set_id: str, **changed: Any) -> Any:
        body = {"name": "Funding", "style": "line", "colour": 2, **changed}
        return caller.call("PUT", f"/api/v1/chart-points/{set_id}", body)

    def add(self, caller: Caller, set_id: str, *rows: tuple[str, str, str]) -> Any:
        points = [{"at": at, "value": value, "label": label} for at, value, label in rows]
        return caller.call("POST", f"/api/v1/chart-points/{set_id}/points", {"points": points})

    def test_points_come_back_in_order_and_exactly(self, anna: Caller) -> None:
        set_id = str(uuid4())
        self.make(anna, set_id)
        rows = [("2026-03-02T00:00:00Z", "-0.000000000000000001", "low"), ("1772366400000", "123456789.5", "")]
        assert self.add(anna, set_id, *rows).json["points"] == 2
        assert self.add(anna, set_id, ("1772366400000", "7", "again")).json["points"] == 2
        page = anna.call("GET", f"/api/v1/chart-points/{set_id}/points?limit=1").json
        assert page["items"] == [{"at": "2026-03-01T12:00:00.000000Z", "value": "7", "label": "again"}]
        path = f"/api/v1/chart-points/{set_id}/points?from={page['next_from'].replace(':', '%3A')}"
        assert anna.call("GET", path.replace("%3A", ":")).json["items"][0]["value"] == "-0.000000000000000001"

    def test_a_span_is_removed(self, anna: Caller) -> None:
        set_id = str(uuid4())
        self.make(anna, set_id)
        self.add(anna, set_id, *[(str(1_772_366_400_000 + number), "1", "") for number in range(5)])
        path = f"/api/v1/chart-points/{set_id}/points?from=1772366400001&to=1772366400003"
        assert anna.call("DELETE", path).json["points"] == 3
        assert anna.call("DELETE", f"/api/v1/chart-points/{set_id}").status == 204
        assert anna.call("GET", f"/api/v1/chart-points/{set_id}/points").code == "charts.points_not_found"

    def test_a_set_is_renamed_and_keeps_its_points(self, anna: Caller) -> None:
        set_id, other = str(uuid4()), str(uuid4())
        self.make(anna, set_id)
        self.add(anna, set_id, ("0", "1", ""))
        assert self.make(anna, set_id, name="Rates", style="marks").json["points"] == 1
        assert self.make(anna, other, name="Rates").code == "charts.name_taken"
        listed = anna.call("GET", "/api/v1/chart-points").json["items"]
        assert [(each["name"], each["style"]) for each in listed] == [("Rates", "marks")]

    @pytest.mark.parametrize(
        ("rows", "code"),
        [
            ([("0", "1", ""), ("0", "2", "")], "charts.points_twice"),
            ([("yesterday", "1", "")], "instant.malformed"),
            ([("99999999999999999999", "1", "")], "instant.malformed"),
        ],
    )
    def test_what_is_no_point_is_refused(self, anna: Caller, rows: list[tuple[str, str, str]], code: str) -> None:
        set_id = str(uuid4())
        self.make(anna, set_id)
        assert self.add(anna, set_id, *rows).code == code

    def test_points_of_nothing_are_not_found(self, anna: Caller) -> None:
        assert self.add(anna, str(uuid4()), ("0", "1", "")).code == "charts.points_not_found"

    def test_a_series_has_so_many_points(self, anna: Caller) -> None:
        set_id = str(uuid4())
        self.make(anna, set_id)
        for block in range(10):
            rows = [(str(block * 1000 + number), "1", "") for number in range(1000)]
            assert self.add(anna, set_id, *rows).status == 200
        assert self.add(anna, set_id, ("10000", "1", "")).code == "charts.too_many_points"


class TestShares:
    def test_a_link_opens_a_copy_for_another_tenant(self, anna: Caller, boris: Caller) -> None:
        share_id, set_id = str(uuid4()), str(uuid4())
        anna.call("PUT", f"/api/v1/chart-points/{set_id}", {"name": "Funding"})
        points = {"points": [{"at": "0", "value": "1.5", "label": "first"}]}
        anna.call("POST", f"/api/v1/chart-points/{set_id}/points", points)
        made = share(anna, share_id, points=[set_id]).json
        seen = opened(boris, made["token"]).json
        assert seen["content"]["drawings"][0]["anchors"] == LINE["anchors"]
        assert (seen["content"]["fills"], seen["content"]["orders"], seen["content"]["points"]) == (False, False, [])
        told = {"at": "1970-01-01T00:00:00.000000Z", "value": "1.5", "label": "first"}
        assert seen["points"] == [{"name": "Funding", "style": "line", "colour": 1, "items": [told]}]

    def test_a_revoked_link_opens_nothing(self, anna: Caller, boris: Caller) -> None:
        share_id = str(uuid4())
        token = share(anna, share_id).json["token"]
        assert boris.call("DELETE", f"/api/v1/chart-shares/{share_id}").code == "charts.share_not_found"
        revoked = anna.call("DELETE", f"/api/v1/chart-shares/{share_id}").json
        assert anna.call("DELETE", f"/api/v1/chart-shares/{share_id}").json == revoked
        assert opened(boris, token).code == "charts.share_not_found"
        assert share(anna, share_id).code == "charts.share_revoked"
        (listed,) = anna.call("GET", "/api/v1/chart-shares").json["items"]
        assert listed == revoked
        assert token not in anna.call("GET", "/api/v1/chart-shares").text

    def test_sharing_again_makes_a_new_link(self, anna: Caller, boris: Caller) -> None:
        share_id = str(uuid4())
        former = share(anna, share_id).json["token"]
        latter = share(anna, share_id, resolution="1h").json["token"]
        assert opened(boris, former).status == 404
        assert opened(boris, latter).json["content"]["resolution"] == "1h"

    def test_a_portfolio_stays_in_its_tenant(self, anna: Caller, boris: Caller) -> None:
        private: list[dict[str, Any]] = [
            {"series": PORTFOLIO},
            {"drawings": [{**LINE, "series": PORTFOLIO}]},
            {"studies": [{"place": "under", "text": f"SMA({PORTFOLIO},1h,5)"}]},
            {"studies": [{"place": "under", "text": f"balance({PORTFOLIO},BTC)"}]},
        ]
        for changed in private:
            refused = share(anna, str(uuid4()), **changed)
            assert (refused.status, refused.code) == (403, "charts.portfolio_not_shared")
        token = share(anna, str(uuid4()), is_open=False, **private[0]).json["token"]
        assert opened(anna, token).json["content"]["series"] == PORTFOLIO
        assert opened(boris, token).code == "charts.share_not_found"

    def test_own_formulas_are_written_out(self, anna: Caller, boris: Caller) -> None:
        text = "EMA(series,resolution,12) - close(series,1h) + price(series)"
        anna.call("PUT", "/api/v1/formulas/trend", {"text": text})
        study = {"place": "under", "text": "trend(series,resolution) * 2"}
        token = share(anna, str(uuid4()), studies=[study]).json["token"]
        (seen,) = opened(boris, token).json["content"]["studies"]
        assert "trend" not in seen["text"]
        assert "EMA(series,resolution,12)" in seen["text"]
        assert "close(series,1h)" in seen["text"]

    @pytest.mark.parametrize("points", [["nonsense"], [str(uuid4())]])
    def test_points_that_are_not_there_are_not_shared(self, anna: Caller, points: list[str]) -> None:
        assert share(anna, str(uuid4()), points=points).status in {400, 404, 422}
