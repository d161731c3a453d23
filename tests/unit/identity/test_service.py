from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.identity.model import ProfileClaims, Role
from nightdesk.identity.service import IdentityService
from nightdesk.kernel.errors import Forbidden, InvalidInput, NightdeskError, Unauthenticated, Unavailable
from tests.fakes.clock import CountedIds, FakeClock
from tests.fakes.identity import FakeIdentityProvider, FakeIdentityStore, FakeTokenVerifier, subject_of

ANNA = "anna@example.com"


class Desk:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.provider = FakeIdentityProvider(self.clock, {ANNA: "secret", "boris@example.com": "other"})
        self.store = FakeIdentityStore()
        self.service = self.over(FakeTokenVerifier(self.clock))

    def over(self, verifier: FakeTokenVerifier) -> IdentityService:
        return IdentityService(
            provider=self.provider, verifier=verifier, units=self.store, clock=self.clock, new_id=CountedIds()
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def code_of(error: pytest.ExceptionInfo[NightdeskError]) -> str:
    return error.value.code


def test_first_sign_in_makes_a_tenant(desk: Desk) -> None:
    signed_in = desk.service.sign_in(" Anna@Example.com ", "secret")
    user = signed_in.caller.user
    assert (user.email, user.role, user.base_asset, user.time_zone) == (ANNA, Role.OWNER, "USDT", "UTC")
    assert list(desk.store.tenants) == [user.tenant_id]


def test_second_sign_in_finds_the_same_tenant(desk: Desk) -> None:
    first = desk.service.sign_in(ANNA, "secret").caller
    second = desk.service.sign_in(ANNA, "secret").caller
    assert second.tenant_id == first.tenant_id
    assert second.session_id != first.session_id


def test_people_get_tenants_of_their_own(desk: Desk) -> None:
    anna = desk.service.sign_in(ANNA, "secret").caller
    boris = desk.service.sign_in("boris@example.com", "other").caller
    assert anna.tenant_id != boris.tenant_id


@pytest.mark.parametrize(("email", "password"), [(ANNA, "wrong"), ("", "secret"), (ANNA, ""), ("x" * 255, "secret")])
def test_wrong_credentials(desk: Desk, email: str, password: str) -> None:
    with pytest.raises(Unauthenticated) as error:
        desk.service.sign_in(email, password)
    assert code_of(error) == "session.credentials_wrong"


def test_token_of_a_session(desk: Desk) -> None:
    signed_in = desk.service.sign_in(ANNA, "secret")
    assert desk.service.authenticate(signed_in.access_token) == signed_in.caller


def test_expired_token(desk: Desk) -> None:
    token = desk.service.sign_in(ANNA, "secret").access_token
    desk.clock.advance(timedelta(hours=2).total_seconds())
    with pytest.raises(Unauthenticated) as error:
        desk.service.authenticate(token)
    assert code_of(error) == "token.expired"


def test_token_of_nobody_signed_in(desk: Desk) -> None:
    token = desk.provider.sign_in(ANNA, "secret").access_token
    with pytest.raises(Unauthenticated) as error:
        desk.service.authenticate(token)
    assert code_of(error) == "session.unknown"


def test_sign_out_ends_everything_at_once(desk: Desk) -> None:
    signed_in = desk.service.sign_in(ANNA, "secret")
    other = desk.service.sign_in(ANNA, "secret")
    desk.service.sign_out(signed_in.caller, signed_in.refresh_token)
    with pytest.raises(Unauthenticated) as error:
        desk.service.authenticate(signed_in.access_token)
    assert code_of(error) == "session.ended"
    assert desk.service.authenticate(other.access_token) == other.caller


def test_refresh_keeps_the_session(desk: Desk) -> None:
    signed_in = desk.service.sign_in(ANNA, "secret")
    desk.clock.advance(60)
    assert signed_in.refresh_token is not None
    fresh = desk.service.refresh(signed_in.refresh_token)
    assert fresh.caller.session_id == signed_in.caller.session_id
    assert fresh.caller.expires_at > signed_in.caller.expires_at


def test_refresh_after_sign_out_even_if_the_provider_missed_it(desk: Desk) -> None:
    signed_in = desk.service.sign_in(ANNA, "secret")
    desk.service.sign_out(signed_in.caller)
    assert signed_in.refresh_token is not None
    with pytest.raises(Unauthenticated) as error:
        desk.service.refresh(signed_in.refresh_token)
    assert code_of(error) == "session.ended"


def test_sign_out_holds_when_the_provider_is_down(desk: Desk) -> None:
    class Down(FakeIdentityProvider):
        def revoke(self, refresh_token: str) -> None:
            raise Unavailable("identity.unavailable", f"Down for {len(refresh_token)}.")

    desk.provider = Down(desk.clock, {ANNA: "secret"})
    service = desk.over(FakeTokenVerifier(desk.clock))
    signed_in = service.sign_in(ANNA, "secret")
    service.sign_out(signed_in.caller, signed_in.refresh_token)
    with pytest.raises(Unauthenticated):
        service.authenticate(signed_in.access_token)


def test_unverified_address_gets_no_tenant(desk: Desk) -> None:
    class Unverified(FakeTokenVerifier):
        def profile(self, token: str) -> ProfileClaims:
            return replace(super().profile(token), email_verified=False)

    with pytest.raises(Forbidden) as error:
        desk.over(Unverified(desk.clock)).sign_in(ANNA, "secret")
    assert code_of(error) == "identity.email_unverified"
    assert desk.store.tenants == {}


def test_profile_changes(desk: Desk) -> None:
    caller = desk.service.sign_in(ANNA, "secret").caller
    user = desk.service.update_profile(caller, display_asset="eur", time_zone="Europe/Berlin")
    assert (user.display_asset, user.time_zone) == ("EUR", "Europe/Berlin")
    assert desk.store.users[subject_of(ANNA)] == user


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "", "Europe"])
def test_no_such_time_zone(desk: Desk, name: str) -> None:
    caller = desk.service.sign_in(ANNA, "secret").caller
    with pytest.raises(InvalidInput):
        desk.service.update_profile(caller, time_zone=name)


def test_nothing_printed_shows_a_token(desk: Desk) -> None:
    signed_in = desk.service.sign_in(ANNA, "secret")
    assert signed_in.access_token not in repr(signed_in)
    assert str(signed_in.refresh_token) not in repr(signed_in)
