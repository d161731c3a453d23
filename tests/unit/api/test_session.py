from nightdesk.kernel.errors import Unavailable
from tests.fakes.desk import ANNA, ORIGIN, Caller, FakeDesk


def test_signing_in_answers_a_token_and_hides_the_refresh_token_in_a_cookie(stranger: Caller) -> None:
    answer = stranger.sign_in()
    assert answer.status == 200
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_at"] == "2026-03-01T13:00:00.000000Z"
    assert answer.json["user"]["email"] == ANNA
    assert answer.json["user"]["permissions"] == [{"action": "manage", "subject": "all"}]
    (cookie,) = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"nightdesk_refresh=refresh-{ANNA}-1; Path=/api/v1/session; Max-Age=2592000")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert "refresh" not in answer.text


def test_a_wrong_password_is_refused_and_not_echoed(stranger: Caller) -> None:
    answer = stranger.call("POST", "/api/v1/session", {"email": ANNA, "password": "guessed-it"})
    assert (answer.status, answer.code) == (401, "session.credentials_wrong")
    assert "guessed-it" not in answer.text


def test_the_cookie_buys_a_fresh_token(stranger: Caller) -> None:
    stranger.sign_in()
    cookie = {"Cookie": f"other=1; nightdesk_refresh=refresh-{ANNA}-1"}
    answer = Caller(stranger.desk).call("POST", "/api/v1/session/refresh", headers=cookie)
    assert answer.status == 200
    assert answer.json["access_token"]
    assert "Set-Cookie" not in answer.headers  # the provider kept the refresh token


def test_refreshing_without_a_cookie_is_refused(stranger: Caller) -> None:
    answer = stranger.call("POST", "/api/v1/session/refresh")
    assert (answer.status, answer.code) == (401, "session.missing")


def test_signing_out_ends_the_token_at_once(anna: Caller) -> None:
    answer = anna.call("DELETE", "/api/v1/session", headers={"Cookie": f"nightdesk_refresh=refresh-{ANNA}-1"})
    assert (answer.status, answer.text) == (204, "")
    assert "Max-Age=0" in answer.headers["Set-Cookie"][0]
    again = anna.call("GET", "/api/v1/me")
    assert (again.status, again.code) == (401, "session.ended")
    refresh = anna.call("POST", "/api/v1/session/refresh", headers={"Cookie": f"nightdesk_refresh=refresh-{ANNA}-1"})
    assert refresh.status == 401


def test_an_expired_token_is_refused(anna: Caller, fake: FakeDesk) -> None:
    fake.clock.advance(3601)
    answer = anna.call("GET", "/api/v1/me")
    assert (answer.status, answer.code) == (401, "token.expired")
    assert answer.headers["WWW-Authenticate"] == ['Bearer realm="nightdesk"']


def test_without_a_token_nothing_is_told_even_for_a_malformed_body(stranger: Caller) -> None:
    assert stranger.call("GET", "/api/v1/me").code == "token.missing"
    assert stranger.call("POST", "/api/v1/accounts", text="{").code == "token.missing"
    assert stranger.call("GET", "/api/v1/me", headers={"Authorization": "Bearer nonsense"}).code == "token.invalid"


def test_the_profile_changes(anna: Caller) -> None:
    answer = anna.call("PATCH", "/api/v1/me", {"display_asset": "EUR", "time_zone": "Europe/Berlin"})
    assert (answer.json["display_asset"], answer.json["time_zone"]) == ("EUR", "Europe/Berlin")
    assert anna.call("GET", "/api/v1/me").json == answer.json
    assert anna.call("PATCH", "/api/v1/me", {"time_zone": "Mars/Olympus"}).code == "profile.time_zone_unknown"


def test_another_page_is_refused(stranger: Caller) -> None:
    credentials = {"email": ANNA, "password": "correct horse"}
    hostile = stranger.call("POST", "/api/v1/session", credentials, headers={"Origin": "https://evil.example"})
    assert (hostile.status, hostile.code) == (403, "request.foreign_origin")
    own = stranger.call("POST", "/api/v1/session", credentials, headers={"Origin": ORIGIN})
    assert own.status == 200
    assert not [name for name in own.headers if name.lower().startswith("access-control")]


def test_health_tells_which_part_does_not_answer(stranger: Caller, fake: FakeDesk) -> None:
    def down() -> None:
        raise Unavailable("cache.unavailable", "The cache does not answer.")

    assert stranger.call("GET", "/api/v1/health").json == {"status": "ok", "version": "test", "checks": {}}
    fake.checks.update({"database": lambda: None, "cache": down})
    answer = stranger.call("GET", "/api/v1/health").json
    assert answer["status"] == "degraded"
    assert answer["checks"]["database"]["ok"]
    assert answer["checks"]["cache"] == {"ok": False, "latency_ms": None}
